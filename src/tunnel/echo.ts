import type { Connection } from 'ssh2';
import { measureEchoes } from './ssh2-internals.ts';
import type { Echo } from './tunnel.ts';

const validMs = 15_000;

/** Measures how fast a camera answers, by SSH's keep-alive requests. */
export function echoOf(connection: Connection): Echo {
  let last: { readonly ms: number; readonly atMs: number } | undefined;
  const echoes = measureEchoes(connection, (ms) => {
    last = { ms, atMs: performance.now() };
  });
  return {
    get echoMs() {
      const nowMs = performance.now();
      const known = last !== undefined && nowMs - last.atMs < validMs ? last.ms : undefined;
      if (echoes.askedAtMs === undefined) return known;
      const waitedMs = nowMs - echoes.askedAtMs;
      return known === undefined ? undefined : Math.max(known, waitedMs);
    },
    ask: () => echoes.ask(),
  };
}
