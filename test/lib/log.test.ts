import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FloodGate } from '../../src/lib/flood-gate.ts';
import { createLog, type LogOptions } from '../../src/lib/log.ts';

function logged(format: LogOptions['format']) {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const log = createLog({ format, level: 'info', stream });
  return { log, lines: () => text.split('\n').filter((line) => line !== '') };
}

describe('the log', () => {
  it('writes a line for people: time, level, camera, message, fields', () => {
    const { log, lines } = logged('people');
    log
      .child({ camera: 'bach/front-door' })
      .warn('relay died', { cause: 'killed by SIGKILL', n: 3 });
    assert.match(
      lines()[0] ?? '',
      /^\d{4}-\d\d-\d\dT[\d:.]+Z warn {2}bach\/front-door: relay died cause="killed by SIGKILL" n=3$/,
    );
  });

  it('writes an object a line for programs', () => {
    const { log, lines } = logged('json');
    log.info('camera dialled in', { address: '192.0.2.1' });
    const { level, message, address } = JSON.parse(lines()[0] ?? '{}');
    assert.deepEqual(
      { level, message, address },
      {
        level: 'info',
        message: 'camera dialled in',
        address: '192.0.2.1',
      },
    );
  });

  it('masks passwords in URLs and fields that are secrets by name', () => {
    for (const format of ['people', 'json'] as const) {
      const { log, lines } = logged(format);
      log.info('see rtsp://admin:hunter2@cam/1', {
        cause: new Error('no answer of rtsp://admin:hunter2@cam/1'),
        secretAccessKey: 'hunter2',
        list: ['rtsp://admin:hunter2@cam/1'],
      });
      assert.doesNotMatch(lines().join(), /hunter2/);
      assert.match(lines().join(), /rtsp:\/\/admin:\*\*\*@cam\/1/);
    }
  });

  it('masks the secrets that it was told of, in whatever form, in its children’s lines too', () => {
    for (const format of ['people', 'json'] as const) {
      const { log, lines } = logged(format);
      const child = log.child({ camera: 'bach/yard' });
      child.info('before: hunter2 hunter2/abc+');
      log.hide(['hunter2/abc+', 'short', 'half \ud800 a character']);
      child.info('after: hunter2/abc+, too short', {
        cause: new Error(`asked for ${encodeURIComponent('hunter2/abc+')}`),
        list: [Buffer.from('hunter2/abc+').toString('base64')],
      });
      const [before = '', after = ''] = lines();
      assert.match(before, /before: hunter2/);
      assert.match(after, /after: \*\*\*, too short/);
      assert.match(after, /asked for \*\*\*/);
      assert.doesNotMatch(after, /hunter2|aHVudGVy/);
    }
  });

  it('does not let a text from outside begin a line of its own', () => {
    const { log, lines } = logged('people');
    log.info('camera dialled in', { client: 'dropbear\n2026-01-01 error all is lost' });
    assert.equal(lines().length, 1);
  });
});

describe('the log, of words from outside', () => {
  const evil = 'a\u001b]0;b\u0007c\0d\u009b1me\u202ef\u2028g\ud800';

  for (const format of ['people', 'json'] as const) {
    it(`escapes what would steer a terminal, for ${format}`, () => {
      const { log, lines } = logged(format);
      log.child({ camera: `${evil}h` }).warn(`refused ${evil}`, { user: evil, list: [evil] });
      assert.equal(lines().length, 1);
      const [line = ''] = lines();
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      assert.match(line, /\\u001b/);
      if (format === 'json') assert.equal((JSON.parse(line) as { user: string }).user, evil);
    });

    it(`cuts what is long, and masks a password that lies at the cut, for ${format}`, () => {
      const { log, lines } = logged(format);
      const cause = `${'x '.repeat(990)} rtsp://admin:${'hunter2'.repeat(20)}@cam/1 ${'y '.repeat(2e6)}`;
      log.warn('the store answers', { cause });
      assert.ok((lines()[0] ?? '').length < 2_200);
      assert.doesNotMatch(lines()[0] ?? '', /hunter2/);
    });
  }
});

describe('a flood gate', () => {
  it('lets the first through and makes one line of the rest', async () => {
    const { log, lines } = logged('people');
    using gate = new FloodGate(log, 50);
    for (let i = 0; i < 1_000; i++) gate.warn('refused', 'refused a shell', { i });
    gate.warn('other', 'refused a password');
    assert.equal(lines().length, 2);
    await delay(100);
    assert.equal(lines().length, 3);
    assert.match(lines()[2] ?? '', /refused a shell \(999 more in 0\.05 s\)/);
  });

  it('counts kinds beyond its bound as one', () => {
    const { log, lines } = logged('people');
    using gate = new FloodGate(log, 60_000, 10);
    for (let i = 0; i < 1_000; i++) gate.warn(`kind ${i}`, 'refused');
    assert.equal(lines().length, 11);
  });
});
