import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ArchiverHungError,
  ClockSetError,
  NoPictureError,
  NotWrittenError,
  StalledError,
} from '../../src/archive/archiver.ts';
import { gapCause, whyGone } from '../../src/camera/gap-causes.ts';
import { DiskFullError, DiskUnusableError } from '../../src/lib/disk-full.ts';
import { ChildDiedError } from '../../src/lib/child.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { NoStreamError, RelayFaultError, StreamRefusedError } from '../../src/relay/relay.ts';
import { ServiceHungUpError } from '../../src/tunnel/loopback-port.ts';
import { TunnelGoneError } from '../../src/tunnel/tunnel.ts';

const noSpace = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, mkdir'), { code: 'ENOSPC' });
const guard = new DiskFullError('the reserve is used');
const refused = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });

describe('the cause of a gap', () => {
  it('is the line where it was too slow and no picture came, and only there', () => {
    const slow = 'the line carries 245 kb/s of 340 kb/s, pictures come 6 s late';
    const told = (error: Error) => gapCause(error, { slowLine: slow }).cause;
    for (const error of [new StalledError(''), new NoPictureError(''), new NoStreamError('')]) {
      assert.equal(told(error), 'line too slow');
      assert.match(gapCause(error, { slowLine: slow }).detail, /^the line carries 245 kb\/s/);
    }
    assert.equal(told(new StreamRefusedError('wrong password')), 'camera sent nothing');
    assert.equal(told(new RelayFaultError('')), 'relay died');
    assert.equal(told(noSpace()), 'disk full');
  });

  it('is the camera where it answered what no relay can read, or nothing of use', () => {
    const answers = { wrong: undefined, poor: 'it answers "RTSP/1.0 500 x"' };
    const bad = {
      wrong: 'it answers with what is no RTSP',
      poor: 'it answers with what is no RTSP',
    };
    const flood = new RelayFaultError('relay floods its log');
    assert.deepEqual(gapCause(flood, { answers: bad }), {
      cause: 'camera sent nothing',
      detail: bad.wrong,
    });
    assert.equal(gapCause(flood, { answers }).cause, 'relay died');
    assert.equal(gapCause(new NoPictureError(''), { answers }).detail, answers.poor);
    assert.equal(gapCause(new StreamRefusedError('password'), { answers: bad }).detail, 'password');
    assert.equal(gapCause(new StalledError('stalled'), { answers: bad }).detail, 'stalled');
  });

  it('is this server where it stood still or could not keep up, and something came late', () => {
    const server = { cause: 'server overloaded', detail: 'it can not keep up' } as const;
    for (const error of [
      new StalledError('no picture'),
      new NoPictureError(''),
      new NoStreamError(''),
      new ServiceHungUpError(''),
      new ArchiverHungError('it leaves bytes unread'),
      new RelayFaultError('relay does not listen within 10 s'),
    ]) {
      const told = gapCause(error, { server, slowLine: 'slow' });
      assert.equal(told.cause, 'server overloaded', String(error));
      assert.match(told.detail, /^it can not keep up; /);
    }
    assert.equal(gapCause(new RelayFaultError('killed'), { server }).cause, 'relay died');
    assert.equal(gapCause(new StreamRefusedError(''), { server }).cause, 'camera sent nothing');
    assert.equal(gapCause(new ClockSetError(''), { server }).cause, 'clock jumped');
  });

  for (const [cause, ...errors] of [
    [
      'camera sent nothing',
      new NoPictureError(''),
      new NoStreamError(''),
      new StreamRefusedError(''),
    ],
    ['stream stalled', new StalledError(''), new ServiceHungUpError('')],
    ['clock jumped', new ClockSetError('')],
    ['relay died', new RelayFaultError(''), new OperatorError('relay.preload: there is none')],
    [
      'disk full',
      guard,
      noSpace(),
      new Error('a directory could not be made', { cause: noSpace() }),
      new ChildDiedError(
        'archiver exited with code 1; last words: 000001.mp4: No space left on device',
      ),
      new ChildDiedError('archiver exited with code 1; last words: Disk quota exceeded'),
      new OperatorError('the spool has no directory to record into', { cause: noSpace() }),
    ],
    [
      'disk unusable',
      new DiskUnusableError('the spool is not the one that was opened'),
      new OperatorError('no directory', { cause: refused('EACCES', 'mkdir') }),
      new Error('no directory', { cause: refused('EROFS', 'mkdir') }),
    ],
    [
      'archiver died',
      new ChildDiedError('archiver was killed by SIGKILL'),
      new ChildDiedError('archiver exited with code 1; last words: Input/output error'),
      new ArchiverHungError('ffmpeg hangs'),
      new NotWrittenError('000001.mp4 has not grown for 8 s'),
      refused('EACCES', 'connect'),
      'no error at all',
    ],
  ] as const) {
    it(`is "${cause}"`, () => {
      for (const error of errors) assert.equal(gapCause(error).cause, cause, String(error));
    });
  }

  it('of a tunnel says whose doing its end was', () => {
    const words = 'no sign of life from the camera for 8 s';
    assert.equal(whyGone(new TunnelGoneError('died', words)), words);
    assert.equal(
      whyGone(new TunnelGoneError('closed', 'asked to')),
      'closed by the daemon: asked to',
    );
  });
});
