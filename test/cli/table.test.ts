import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { harmless, harmlessJson } from '../../src/cli/plain.ts';
import { type Column, facts, fit, table, wrap } from '../../src/cli/table.ts';
import { beginning, cut, displayWidth, pad } from '../../src/cli/width.ts';

interface Row {
  readonly name: string;
  readonly state: string;
  readonly size: string;
  readonly why: string;
}

const columns: readonly Column<Row>[] = [
  { head: 'NAME', stays: true, cell: ({ name }) => name },
  { head: 'STATE', cutTo: 8, cell: ({ state }) => state },
  { head: 'SIZE', align: 'right', cell: ({ size }) => size },
  { head: 'WHY', wraps: true, cell: ({ why }) => why },
];
const rows: readonly Row[] = [
  {
    name: 'bach/front-door',
    state: 'waiting for first contact',
    size: '3.1 MB',
    why: 'the camera does not accept the user name and password of its RTSP server',
  },
  { name: 'bach/k', state: 'recording', size: '412 kB', why: '門口の録画が停止しました'.repeat(4) },
  { name: 'bach/x', state: 'recording', size: '-', why: 'a'.repeat(130) },
];

describe('a table', () => {
  it('is as wide as it is where there is no terminal', () => {
    const lines = table(columns, rows, () => [], undefined);
    assert.equal(lines.length, 4);
    for (const [index, { why, state }] of rows.entries()) {
      assert.ok(lines[index + 1]?.includes(why));
      assert.ok(lines[index + 1]?.includes(state));
    }
    assert.equal(lines[0]?.indexOf('STATE'), 'bach/front-door'.length + 2);
  });

  it('fits each terminal that is wider than a name, and names are whole', () => {
    for (let room = 26; room <= 160; room += 1) {
      const lines = table(
        columns,
        rows,
        () => ['a note that is longer than a narrow terminal'],
        room,
      );
      for (const line of lines) {
        assert.ok(displayWidth(line) <= room, `${displayWidth(line)} of ${room}: ${line}`);
      }
      for (const { name, why } of rows) {
        const first = lines.findIndex((line) => line.startsWith(name));
        assert.notEqual(first, -1, name);
        // What wraps is whole as well: it stands at the end of the row's lines.
        const next = lines.findIndex((line, index) => index > first && line.includes('└'));
        const told = lines
          .slice(first, next)
          .map((line) => line.trim().split(/ {2,}/).at(-1) ?? '');
        assert.equal(told.join('').replaceAll(' ', ''), why.replaceAll(' ', ''), `${room}`);
      }
    }
  });

  it('narrows what wraps, then cuts, then leaves columns out, each from the right', () => {
    const heads = (room: number): string => table(columns, rows, () => [], room)[0] ?? '';
    const state = (room: number): string =>
      /waiting\S*( \S+)*/.exec(table(columns, rows, () => [], room)[1] ?? '')?.[0] ?? '';
    assert.match(heads(80), /NAME +STATE +SIZE +WHY/);
    assert.equal(state(80), 'waiting for first contact');
    assert.equal(state(70), 'waiting for first …');
    assert.match(heads(50), /^NAME +WHY$/);
    assert.match(heads(26), /^NAME +WHY$/);
  });
});

describe('what is printed', () => {
  it('is measured as terminals show it', () => {
    assert.equal(displayWidth('bach'), 4);
    assert.equal(displayWidth('門口'), 4);
    assert.equal(displayWidth('e\u0301te\u0301'), 3);
    assert.equal(displayWidth('📷 ok'), 5);
    assert.equal(displayWidth('\u001b[31mred\u001b[0m'), 3);
    assert.equal(cut('門口の録画', 5), '門口…');
    assert.equal(cut('abcdef', 6), 'abcdef');
    assert.equal(cut('abcdef', 5), 'abcd…');
    assert.equal(beginning('e\u0301te\u0301', 1), 'e\u0301');
    assert.equal(pad('門', 4), '門  ');
    assert.equal(pad('門', 4, 'right'), '  門');
  });

  it('does not steer the terminal', () => {
    assert.equal(harmless('a\u001b[2Jb\u0007c\u009b1md\u202ee\r\tf'), 'ab cd e  f');
    const json = JSON.stringify({ a: 'x\u009b2J\u202ey\u001b' }, undefined, 2);
    assert.doesNotMatch(harmlessJson(json).replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
    assert.deepEqual(JSON.parse(harmlessJson(json)), JSON.parse(json));
  });

  it('is wrapped between words, and within them only if told', () => {
    assert.deepEqual(wrap('one two three', 8), ['one two', 'three']);
    assert.deepEqual(wrap('abcdefghij kl', 4), ['abcdefghij', 'kl']);
    assert.deepEqual(wrap('abcdefghij kl', 4, 'break long words'), ['abcd', 'efgh', 'ij', 'kl']);
    assert.deepEqual(wrap('門口の録画', 4, 'break long words'), ['門口', 'の録', '画']);
  });

  it('of names and values has its lines beneath each other', () => {
    assert.deepEqual(
      facts(
        [
          ['A', 'one two'],
          ['Long', 'three', 'four'],
        ],
        10,
      ),
      ['A     one', '      two', 'Long  three', '      four'],
    );
    assert.deepEqual(fit(['門口の録画', 'b', 'c'], 5, 2), ['門口…', '…']);
  });
});
