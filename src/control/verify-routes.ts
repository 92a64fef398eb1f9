import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { DuplicateError } from '../model/errors.ts';
import type { VerifyEvent } from '../catalog/verify-events.ts';
import { Verification, type VerifyScope } from '../catalog/verify.ts';
import { systemClock } from '../lib/clock.ts';
import { OperatorError } from '../lib/errors.ts';
import { Scope } from '../lib/scope.ts';
import type { ControlParts } from './options.ts';
import { parseRequest, verifyScope } from './requests.ts';

/** How often it is told how far it is; also tells the asker that somebody is there. */
const progressMs = 1_000;

/** GET /verify: an audit of the bucket, as lines of JSON while it runs; see {@link VerifyEvent}. */
export function addVerifyRoutes(app: FastifyInstance, parts: ControlParts): void {
  let running: { readonly life: Scope; readonly done: Promise<void> } | undefined;

  app.get('/verify', (request, reply) => {
    const { account, from, to, deep } = parseRequest(verifyScope, request.query);
    if (running !== undefined) {
      throw new DuplicateError(
        'The bucket is being verified already. Wait for that to end, or interrupt it.',
      );
    }
    reply.hijack();
    const scope: VerifyScope = {
      account,
      fromMs: from,
      toMs: to,
      deep: deep === 'true',
    };
    const life = new Scope();
    const done = verify(parts, scope, reply.raw, life).finally(() => {
      running = undefined;
    });
    running = { life, done };
  });

  app.addHook('preClose', async () => {
    running?.life.end(new OperatorError('The daemon is stopping.'));
    await running?.done;
  });
}

/** Never rejects. Ends early when the asker hangs up. */
async function verify(
  { ledger, bucket, log }: ControlParts,
  scope: VerifyScope,
  response: ServerResponse,
  life: Scope,
): Promise<void> {
  const { signal } = life;
  response.once('close', () => life.end(new Error('the asker hung up')));
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const write = async (event: VerifyEvent): Promise<void> => {
    signal.throwIfAborted();
    if (!response.write(`${JSON.stringify(event)}\n`)) await once(response, 'drain', { signal });
  };
  const verification = new Verification({
    ...scope,
    ledger,
    bucket,
    signal,
    report: (problem) => write({ type: 'problem', ...problem }),
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
    // Whoever hung up is noticed elsewhere.
    if (!signal.aborted) await progress().catch(() => {});
  }
}
