import { type CertificateFiles, makeCertificate } from '../support/certificate.ts';
import assert from 'node:assert/strict';
import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Program, programs, type Try } from './programs.ts';
import { password, Rig } from './rig.ts';

/** Pictures that a file decodes to. */
async function pictures(file: string): Promise<number> {
  const { stdout } = await execa('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-count_frames',
    '-show_entries',
    'stream=nb_read_frames',
    '-of',
    'csv=p=0',
    file,
  ]);
  return Number(stdout);
}

const cameras = {
  'bach/quiet': { video: 'h264' },
  'bach/front': { video: 'h264', audio: 'pcmu' },
  'bach/door': { video: 'h265', audio: 'aac' },
} as const;
type CameraName = keyof typeof cameras;

describe('players that people use', { concurrency: 3 }, () => {
  let rig: Rig;
  let certificate: CertificateFiles;
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'players-'));
    certificate = await makeCertificate('cctv.example');
    rig = await Rig.start({ listenTls: { host: '127.0.0.1', port: 0, ...certificate } });
    for (const [name, options] of Object.entries(cameras)) await rig.addCamera(name, options);
  });
  after(async () => {
    await rig[Symbol.asyncDispose]();
    await certificate[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true, force: true });
  });

  const attempt = async (camera: CameraName, secure: boolean, secret: string): Promise<Try> => {
    const directory = await mkdtemp(join(scratch, 'try-'));
    const { video } = cameras[camera];
    const url = secure ? `rtsps://127.0.0.1:${rig.portTls}/${camera}` : rig.url(camera);
    const withSound = 'audio' in cameras[camera];
    // motion takes 9 s for its first pictures on a quiet machine.
    const patienceMs = secret === password ? 45_000 : 15_000;
    return { url, user: 'bach', password: secret, directory, video, withSound, patienceMs };
  };

  const records = async (program: Program, camera: CameraName, secure: boolean): Promise<void> => {
    const files = await program.record(await attempt(camera, secure, password));
    let count = 0;
    for (const file of files) count += await pictures(file);
    assert.ok(count >= 15, `${count} pictures`);
  };

  for (const program of programs) {
    const played = program.briefly ? ['bach/front'] : Object.keys(cameras);
    for (const camera of played as CameraName[]) {
      const { video, audio } = { audio: 'no sound', ...cameras[camera] };
      it(`${program.name} records ${video} with ${audio}`, () => records(program, camera, false));
    }

    if (!program.briefly) {
      it(`${program.name} records in TLS`, () => records(program, 'bach/front', true));
    }

    it(`${program.name} gets nothing with a wrong password`, async () => {
      const wrong = await attempt('bach/front', false, 'wrong');
      const files = await program.record(wrong).catch(() => []);
      let count = 0;
      for (const file of files) count += await pictures(file).catch(() => 0);
      assert.equal(count, 0);
    });
  }
});
