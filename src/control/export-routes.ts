import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { OperatorError } from '../lib/errors.ts';
import { type NamedCamera, nameOf } from './camera-routes.ts';
import type { ControlParts } from './options.ts';
import { parseRequest } from './requests.ts';
import { HttpError } from '../lib/http-error.ts';
import { sendExport } from '../web/export-routes.ts';

const range = z
  .strictObject({ fromMs: z.int(), toMs: z.int() })
  .refine(({ fromMs, toMs }) => fromMs < toMs, { error: () => 'from must be before to' });

interface Named {
  readonly Params: { readonly id: string };
}

/** Of what is exported by `cctv`, which nobody in a browser sees. */
const owner = 'operator';

/** Footage as a file to keep. */
export function addExportRoutes(
  app: FastifyInstance,
  { ledger, exports }: Pick<ControlParts, 'ledger' | 'exports'>,
): void {
  if (exports === undefined) return;

  /** The words of what browsers are told, for operators. */
  const told = async <T>(ask: () => Promise<T> | T): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof HttpError) throw new OperatorError(error.message, { cause: error });
      throw error;
    }
  };

  app.post<NamedCamera>(
    '/exports/:account/:name',
    async (request, reply): Promise<FastifyReply> => {
      const { fromMs, toMs } = parseRequest(range, request.body);
      const camera = ledger.cameras.require(nameOf(request.params));
      const timeZone = ledger.accounts.timeZone(camera.account) ?? 'UTC';
      const started = await told(() =>
        exports.start(camera, { fromMs, toMs, timeZone, owner, withDetails: true }),
      );
      return reply.code(201).send(started);
    },
  );

  app.get<Named>('/exports/:id', (request) => told(() => exports.status(owner, request.params.id)));

  app.get<Named>('/exports/:id/file', (request, reply) =>
    told(() => sendExport(request, reply, exports.file(owner, request.params.id))),
  );

  app.get<Named>('/exports/:id/evidence', async (request) => ({
    text: (await told(() => exports.file(owner, request.params.id))).text,
  }));
}
