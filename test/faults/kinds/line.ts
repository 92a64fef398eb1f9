import { setTimeout as delay } from 'node:timers/promises';
import type { SiteCamera } from '../../support/site.ts';
import type { NarrowLine } from '../../support/narrow-line.ts';
import type { FaultKind, Scene } from '../fault.ts';

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

/** A camera's line, if a stream comes through it now. */
function streaming({ lines }: Scene, camera: SiteCamera): NarrowLine | undefined {
  const line = lines.get(camera);
  return (line?.usualBytesPerSecond ?? 0) < leastBytesPerSecond ? undefined : line;
}

/** What befalls the line between a camera and the daemon. */
export const lineFaults: readonly FaultKind[] = [
  {
    name: 'a line that is too slow',
    place: 'tunnel',
    weight: 6,
    lasts: [8, 25],
    causes,
    inflict: async (scene, camera, chance) => {
      const line = streaming(scene, camera);
      if (line === undefined) return undefined;
      line.bytesPerSecond = Math.round(line.usualBytesPerSecond * (0.75 + 0.2 * chance));
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
    inflict: async (scene, camera, chance) => {
      const line = streaming(scene, camera);
      if (line === undefined) return undefined;
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
