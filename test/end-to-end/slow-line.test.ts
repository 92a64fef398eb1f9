import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inNamespace } from '../support/namespace.ts';
import type { SlowLineOutcome } from './slow-line-inside.ts';

const inside = join(import.meta.dirname, 'slow-line-inside.ts');

/** Of the promise of 0.2 s, twice: the tests beside this one delay what is sent, too. */
const mostWrongMs = 400;

describe('a line that carries four fifths of a camera’s stream', () => {
  it('delays pictures, and neither their times nor what is told of them is wrong', async () => {
    const outcome = (await inNamespace(inside, 180_000)) as SlowLineOutcome;
    const { errorsMs, sent, stored, gaps, said } = outcome;
    assert.ok(sent > 300, `${sent} pictures were sent`);
    assert.ok(stored > 0.6 * sent, `${stored} of ${sent} pictures were kept`);
    const sorted = errorsMs.toSorted((a, b) => a - b);
    assert.ok((sorted[0] ?? NaN) > -mostWrongMs, `${sorted[0]} ms early`);
    assert.ok((sorted.at(-1) ?? NaN) < mostWrongMs, `${sorted.at(-1)} ms late`);
    assert.match(
      said,
      /the line (carries \d+ kb\/s of \d+ kb\/s|is held up), pictures come \d+ s late/,
    );
    assert.deepEqual(
      gaps.filter(({ cause }) => cause !== 'line too slow'),
      [],
    );
  });
});
