import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { background } from '../lib/background.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/until.ts';

export interface HeartbeatOptions {
  /** Requested with GET while the daemon is healthy. A monitor alerts when the requests cease. */
  readonly url: string;
  readonly everyMs: number;
  /** Whether the daemon does its work. If not, the heartbeat must cease. */
  readonly isHealthy: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const answerWithinMs = 10_000;
/** Spreads the requests of daemons that started together. */
const jitter = 0.1;

/** Beats until disposed of. Logs each failure once, and once when the heartbeat works again. */
export function startHeartbeat(options: HeartbeatOptions): AsyncDisposable {
  const { url, everyMs, isHealthy, clock, log } = options;
  let trouble: string | undefined;
  const note = (cause: string | undefined): void => {
    if (cause === trouble) return;
    if (cause === undefined) log.info('the heartbeat is received again');
    // The URL is not logged: whoever knows it can pretend that the daemon lives.
    else if (trouble === undefined) log.warn('the heartbeat fails', { cause });
    trouble = cause;
  };
  return background(async (ended) => {
    while (!ended.aborted) {
      if (isHealthy()) {
        try {
          await within(answerWithinMs, 'the answer', ended, (signal) => beat(url, signal));
          note(undefined);
        } catch (error) {
          if (!ended.aborted) note(describeError(error));
        }
      } else {
        note('it is withheld: the daemon is not healthy');
      }
      await clock.sleep(everyMs * (1 - jitter * Math.random()), ended);
    }
  });
}

/** Sends one GET. Ignores the body, which may be endless. */
function beat(url: string, signal: AbortSignal): Promise<void> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { signal, agent: false, headers: { connection: 'close' } });
    request.once('response', (response) => {
      response.destroy();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve();
      else reject(new Error(`its server answered ${status}`));
    });
    request.on('error', reject);
    request.end();
  });
}
