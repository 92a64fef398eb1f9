import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineSplitter } from '../../src/lib/lines.ts';

function split(chunks: readonly string[], maxLength?: number): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxLength);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('a line splitter', () => {
  it('joins a line that comes in pieces', () => {
    assert.deepEqual(split(['on', 'e\ntw', 'o\nthree']), ['one', 'two', 'three']);
  });

  it('joins a character that comes in pieces', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const bytes = Buffer.from('naïve\n');
    splitter.push(bytes.subarray(0, 3));
    splitter.push(bytes.subarray(3));
    assert.deepEqual(lines, ['naïve']);
  });

  it('takes carriage returns as line ends, and drops empty lines', () => {
    assert.deepEqual(split(['a\r\nb\rc\n\nd']), ['a', 'b', 'c', 'd']);
  });

  it('keeps the beginning of a line that never ends, and goes on with the next', () => {
    assert.deepEqual(split(['aaaa', 'aaaa', 'aaaa', 'a\nok\n'], 6), ['aaaaaa', 'ok']);
  });
});
