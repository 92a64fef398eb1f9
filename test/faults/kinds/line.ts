import type { FaultKind } from '../fault.ts';

/** A camera that is not recorded sends less. */
const leastBytesPerSecond = 1_000;

/** What befalls the line that a camera dials in by. */
export const lineFaults: readonly FaultKind[] = [
  {
    name: 'a line slower than the stream',
    place: 'line',
    weight: 4,
    lasts: [8, 30],
    causes: ['line too slow', 'camera offline', 'starting'],
    inflict: async (_, { line }, chance) => {
      const usual = line?.measured ?? 0;
      if (line === undefined || usual < leastBytesPerSecond) return undefined;
      line.bytesPerSecond = (0.78 + chance * 0.16) * usual;
      return () => {
        line.bytesPerSecond = undefined;
      };
    },
  },
  {
    name: 'a line that loses packets',
    place: 'line',
    weight: 4,
    lasts: [8, 30],
    causes: ['line too slow', 'camera offline', 'starting'],
    inflict: async (_, { line }, chance) => {
      if (line === undefined || line.measured < leastBytesPerSecond) return undefined;
      line.loseEach = 3 + Math.floor(chance * 10);
      return () => {
        line.loseEach = undefined;
      };
    },
  },
];
