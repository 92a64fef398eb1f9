import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AlertsAnswer } from '../../src/contract/alerts.ts';
import { type Kannel, type ReceivedSms, startKannel } from '../stand-ins/kannel.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { ffmpeg, live555ProxyServer } from '../support/tools.ts';
import { eventually } from '../support/until.ts';

/** The shortest that can be configured. */
const notRecordingSeconds = 15;
const toldWithinMs = (notRecordingSeconds + 10) * 1_000;
/** Of other tests' noise, and of looking for messages. */
const slackMs = 3_000;

interface Way {
  readonly cause: RegExp;
  readonly stop: (camera: SiteCamera) => Promise<void> | void;
  readonly mend: (camera: SiteCamera) => Promise<void> | void;
}

describe('an owner is told by SMS when a camera stops recording, and when it records again', () => {
  let directory: string;
  let kannel: Kannel;
  let site: Site;
  const cameras = new Map<string, SiteCamera>();
  const stoppedAtMs = new Map<string, number>();

  const flag = (name: string): string => join(directory, name);
  const raise = (name: string, content = ''): void => writeFileSync(flag(name), content);
  const lower = (name: string): void => rmSync(flag(name), { force: true });
  const pidOf = async (camera: SiteCamera, part: 'relay' | 'archiver'): Promise<number> => {
    const pid = (await camera.status())?.[part]?.pid;
    assert.ok(pid);
    return pid;
  };
  const signal = (camera: SiteCamera, name: NodeJS.Signals): void => {
    for (const client of camera.clients) client.kill(name);
  };

  const ways: Readonly<Record<string, Way>> = {
    // As when its plug is pulled: no FIN, no word, nothing.
    unplugged: {
      cause: /camera offline/,
      stop: (camera) => signal(camera, 'SIGSTOP'),
      mend: (camera) => {
        camera.killClients();
        camera.dial();
      },
    },
    'hung-up': {
      cause: /camera offline/,
      stop: (camera) => camera.killClients(),
      mend: (camera) => void camera.dial(),
    },
    frozen: {
      cause: /stream stalled|camera sent nothing/,
      stop: (camera) => camera.rtsp.freeze(),
      mend: (camera) => camera.rtsp.thaw(),
    },
    archiver: {
      cause: /archiver died/,
      stop: async (camera) => {
        raise('no-archiver');
        process.kill(await pidOf(camera, 'archiver'), 'SIGKILL');
      },
      mend: () => lower('no-archiver'),
    },
    relay: {
      cause: /relay died/,
      stop: async (camera) => {
        const pid = await pidOf(camera, 'relay');
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        raise('no-relay', `${words.find((word) => word.startsWith('rtsp:'))}\n`);
        process.kill(pid, 'SIGKILL');
      },
      mend: () => lower('no-relay'),
    },
  };
  const numberOf = (account: string): string =>
    `+65900000${10 + [...cameras.keys()].indexOf(account)}`;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-alerts-'));
    kannel = await startKannel(directory);
    const script = async (name: string, lines: string): Promise<string> => {
      const file = join(directory, name);
      await writeFile(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
      return file;
    };
    site = await Site.start({
      config: {
        archive: {
          segmentSeconds: 5,
          profile: 'copy',
          // Its working directory tells whose archiver it is.
          program: await script(
            'archiver',
            `case $PWD in */recording/archiver/*) [ ! -e '${flag('no-archiver')}' ] || exit 1 ;; esac\nexec ${ffmpeg()} "$@"`,
          ),
        },
        relay: {
          program: await script(
            'relay',
            // Its last word is the camera's address.
            `for last; do :; done\ngrep -qxF "$last" '${flag('no-relay')}' 2>/dev/null && exit 1\nexec ${live555ProxyServer()} "$@"`,
          ),
        },
        spool: { budgetGigabytes: 0.2, reserveGigabytes: 0.01, whenFull: 'keep-oldest' },
        alerts: {
          notRecordingSeconds,
          recordingAgainSeconds: 10,
          sms: {
            gateway: {
              name: 'kannel',
              url: kannel.urlTemplate,
              user: kannel.user,
              password: kannel.password,
              accepted: '^[03]: ',
            },
          },
          reports: { listen: '127.0.0.1:0' },
        },
      },
    });
    for (const account of [...Object.keys(ways), 'disk']) {
      const camera = await site.addCamera(`${account}/till`);
      cameras.set(account, camera);
      await site.cctv('contact', 'add', account, '--name', 'anna', '--sms', numberOf(account));
      camera.dial();
    }
    await Promise.all([...cameras.values()].map((camera) => camera.recording(30_000)));
  });
  after(async () => {
    await site?.[Symbol.asyncDispose]();
    await kannel?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const messagesTo = async (account: string): Promise<ReceivedSms[]> =>
    (await kannel.received()).filter(({ to }) => to === numberOf(account));

  async function toldOnce(account: string, cause: RegExp): Promise<void> {
    const since = stoppedAtMs.get(account) ?? 0;
    const [sms] = await eventually(`an SMS of ${account}`, toldWithinMs + slackMs, async () => {
      const messages = await messagesTo(account);
      return messages.length > 0 && messages;
    });
    const tookMs = Date.now() - since;
    assert.match(sms?.text ?? '', /^till has not recorded since \d\d:\d\d: /);
    assert.match(sms?.text ?? '', cause);
    assert.ok(tookMs <= toldWithinMs + slackMs, `${account} was told after ${tookMs} ms`);
  }

  it('tells of each way to stop once, with its cause, in time', async () => {
    for (const [account, { stop }] of Object.entries(ways)) {
      const camera = cameras.get(account);
      assert.ok(camera);
      await stop(camera);
      stoppedAtMs.set(account, Date.now());
    }
    await Promise.all(Object.entries(ways).map(([account, { cause }]) => toldOnce(account, cause)));
  });

  it('tells of each recovery once', async () => {
    for (const [account, { mend }] of Object.entries(ways)) {
      const camera = cameras.get(account);
      assert.ok(camera);
      await mend(camera);
    }
    await eventually('word of all recoveries', 100_000, async () => {
      const counts = await Promise.all(
        Object.keys(ways).map(async (account) => (await messagesTo(account)).length),
      );
      return counts.every((count) => count >= 2);
    });
    for (const account of Object.keys(ways)) {
      const [, again, ...more] = await messagesTo(account);
      assert.match(again?.text ?? '', /^till records again since \d\d:\d\d, missed \d/);
      assert.deepEqual(more, []);
    }
  });

  it('tells of a full disk, and when there is room again', async () => {
    const filler = join(site.spoolDirectory, 'damaged', 'filler');
    await mkdir(join(site.spoolDirectory, 'damaged'), { recursive: true });
    await writeFile(filler, Buffer.alloc(210_000_000, 1));
    await eventually('a full disk', 10_000, async () =>
      /FULL.*recording stands still/.test(await site.cctv('status')),
    );
    stoppedAtMs.set('disk', Date.now());
    await toldOnce('disk', /disk full/);
    await rm(filler);
    await eventually('word that it records again', 100_000, async () =>
      /records again/.test((await messagesTo('disk')).at(1)?.text ?? ''),
    );
  });

  it('knows what the carrier made of each message', async () => {
    const states = await eventually('a report of each delivery', 10_000, async () => {
      const { alerts } = JSON.parse(await site.cctv('alert', 'list', '--json')) as AlertsAnswer;
      const all = alerts.flatMap(({ deliveries }) => deliveries.map(({ state }) => state));
      return all.every((state) => state === 'delivered') ? all : undefined;
    });
    assert.ok(states.length >= 2 * cameras.size, states.join());
    assert.equal((await kannel.received()).length, states.length);
  });
});
