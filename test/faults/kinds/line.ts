import { setTimeout as delay } from 'node:timers/promises';
import type { FaultKind } from '../fault.ts';

/** What a line may cause that carries less than the camera sends, or nothing for some seconds. */
const causes = [
  'line too slow',
  'stream stalled',
  'camera offline',
  'camera sent nothing',
  'starting',
] as const;

/** A camera that sends less has no stream now. */
const leastBytesPerSecond = 1_000;

/** What befalls the line between a camera and the daemon. */
export const lineFaults: readonly FaultKind[] = [
  {
    name: 'a line that is too slow',
    place: 'tunnel',
    weight: 6,
    lasts: [8, 25],
    causes,
    inflict: async ({ lines }, camera, chance) => {
      const line = lines.get(camera);
      const usual = line?.usualBytesPerSecond ?? 0;
      if (line === undefined || usual < leastBytesPerSecond) return undefined;
      line.bytesPerSecond = Math.round(usual * (0.75 + 0.2 * chance));
      return () => {
        line.bytesPerSecond = undefined;
      };
    },
  },
  {
    name: 'a line that is held up again and again',
    place: 'tunnel',
    weight: 4,
    lasts: [5, 15],
    causes,
    inflict: async ({ lines }, camera, chance) => {
      const line = lines.get(camera);
      if (line === undefined || line.usualBytesPerSecond < leastBytesPerSecond) return undefined;
      const over = new AbortController();
      const holdingUp = (async () => {
        const { signal } = over;
        while (!signal.aborted) {
          line.bytesPerSecond = 0;
          await delay(500 + 2_500 * chance, undefined, { signal }).catch(() => {});
          line.bytesPerSecond = undefined;
          await delay(1_500, undefined, { signal }).catch(() => {});
        }
      })();
      return async () => {
        over.abort();
        await holdingUp;
      };
    },
  },
];
