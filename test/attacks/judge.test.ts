import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Row, wrongs } from './judge.ts';
import { report } from './report.ts';

const row = (more: Partial<Row> = {}): Row => ({
  name: 'an attack',
  by: 'stranger',
  unit: 'words',
  seconds: 10,
  counted: 100,
  found: [],
  turnMs: 10,
  lateMs: 20,
  lagMs: 20,
  lostSeconds: 0,
  lostPictures: 0,
  rssBefore: 100,
  rssPeak: 150,
  rssAfter: 110,
  cpu: 0.5,
  uncaught: 0,
  lines: 3,
  waits: new Map([['viewer', { worstMs: 200, tries: 5, failures: [] }]]),
  ...more,
});

describe('an attack', () => {
  it('is well as long as nobody honest loses anything', () => {
    assert.deepEqual(wrongs(row(), undefined), []);
  });

  const bad: Readonly<Record<string, Partial<Row>>> = {
    'lost footage': { lostSeconds: 0.5 },
    'lost pictures': { lostPictures: 1 },
    'a long turn of the loop': { turnMs: 60 },
    'an error that nobody expected': { uncaught: 1 },
    'memory that stays taken': { rssAfter: 300 },
    'what the attacker saw': { found: ['another account'] },
    'an honest viewer who waits': {
      waits: new Map([['viewer', { worstMs: 6_000, tries: 1, failures: [] }]]),
    },
    'an honest owner who is kept out': {
      waits: new Map([['owner', { worstMs: 10, tries: 2, failures: ['answered 429'] }]]),
    },
  };
  for (const [what, more] of Object.entries(bad)) {
    it(`is judged by ${what}`, () => {
      assert.equal(wrongs(row(more), undefined).length, 1);
      assert.match(report([row(more)]), /wrong:\n {2}an attack: /);
    });
  }

  it('is not blamed for what mere want of CPU does as well', () => {
    const control = row({ name: 'control', by: 'nobody', turnMs: 70, lostSeconds: 1 });
    assert.deepEqual(wrongs(row({ turnMs: 80, lostSeconds: 1 }), control), []);
    assert.equal(wrongs(row({ turnMs: 120 }), control).length, 1);
    assert.deepEqual(wrongs(control, control), []);
  });
});
