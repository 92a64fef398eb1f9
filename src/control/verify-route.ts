import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Door } from '../api/door.ts';
import { type VerifiedBucket, Verification, type VerifyScope } from '../catalog/verify.ts';
import { type VerifyEvent, VerifyRequest } from '../contract/verify.ts';
import { DuplicateError } from '../model/errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { systemClock } from '../lib/clock.ts';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { serverName } from '../lib/version.ts';

/** How often the progress is sent, which also tells the asker that the daemon lives. */
const progressMs = 1_000;

export interface VerifyRouteParts {
  readonly ledger: Ledger;
  /** Where footage goes; read only. */
  readonly bucket: VerifiedBucket;
  /** Told of each stored segment whose object is not there. */
  readonly onMissing?: (key: string) => void;
  readonly log: Log;
  readonly version: string;
}

/** An audit of the bucket, as lines of JSON while it runs; see {@link VerifyEvent}. */
export function addVerifyRoute(
  app: FastifyInstance,
  door: Door<unknown>,
  parts: VerifyRouteParts,
): void {
  let running: { readonly life: Scope; readonly done: Promise<void> } | undefined;

  door.get(
    '/verify',
    { query: VerifyRequest, type: 'application/x-ndjson' },
    ({ query: { account, from: fromMs, to: toMs, deep }, reply }) => {
      if (running !== undefined) {
        throw new DuplicateError(
          'The bucket is being verified already. Wait for that to end, or interrupt it.',
        );
      }
      reply.hijack();
      const life = new Scope();
      const scope: VerifyScope = { account, fromMs, toMs, deep: deep === 'true' };
      const done = verify(parts, scope, reply.raw, life).finally(() => {
        running = undefined;
      });
      running = { life, done };
      return reply;
    },
  );

  app.addHook('preClose', async () => {
    running?.life.end(new OperatorError('The daemon is stopping.'));
    await running?.done;
  });
}

/** Never rejects; ends early when the asker hangs up. */
async function verify(
  { ledger, bucket, onMissing = () => {}, log, version }: VerifyRouteParts,
  scope: VerifyScope,
  response: ServerResponse,
  life: Scope,
): Promise<void> {
  const { signal } = life;
  response.once('close', () => life.end(new Error('the asker hung up')));
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    server: serverName(version),
  });
  const write = async (event: VerifyEvent): Promise<void> => {
    signal.throwIfAborted();
    if (!response.write(`${JSON.stringify(event)}\n`)) await once(response, 'drain', { signal });
  };
  const verification = new Verification({
    ...scope,
    ledger,
    bucket,
    signal,
    report: async (problem) => {
      if (problem.kind === 'missing') onMissing(problem.key);
      await write({ type: 'problem', ...problem });
    },
  });
  using telling = new Scope(signal);
  const told = tell(telling.signal, () => write({ type: 'progress', ...verification.sums }));
  try {
    const otherAccounts = await verification.run();
    telling.end();
    await told;
    const { sums } = verification;
    await write({ type: 'sums', otherAccounts, ...sums });
    log.info('the bucket was verified', { ...scope, ...sums });
  } catch (error) {
    const words = error instanceof OperatorError ? error.message : bucket.explain(error);
    const reason: unknown = signal.reason;
    const failed: VerifyEvent = {
      type: 'failed',
      error: reason instanceof OperatorError ? reason.message : words,
    };
    response.write(`${JSON.stringify(failed)}\n`);
  } finally {
    telling.end();
    await told;
    response.end();
    life[Symbol.dispose]();
  }
}

async function tell(signal: AbortSignal, progress: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(progressMs, signal);
    // An asker that hung up is noticed elsewhere.
    if (!signal.aborted) await progress().catch(() => {});
  }
}
