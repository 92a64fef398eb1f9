import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadHostKey } from '../../src/tunnel/host-key.ts';
import { makeCertificate } from '../support/certificate.ts';
import { keepAllDialling, Site, type SiteCamera } from '../support/site.ts';
import type { Person, Target } from './attack.ts';
import { BadServer } from './bad-server.ts';

const picture = { video: 'h264', width: 160, height: 120, framesPerSecond: 5 } as const;
const media = { ...picture, keyFrameSeconds: 1, bitsPerSecond: 24_000, stamped: true } as const;
const hostile = 4;
const probes = 4;

export interface Identity {
  readonly user: string;
  readonly privateKey: string;
}

/** What is attacked, and the honest who work beside it. */
export interface Scene extends AsyncDisposable {
  readonly site: Site;
  readonly target: Target;
  readonly cameras: readonly SiteCamera[];
  /** Keys of cameras that dial in anew while others attack. */
  readonly newcomers: readonly Identity[];
  /** Where the daemon's store and carriers are. */
  readonly store: BadServer;
  readonly probeFile: string;
}

export const segmentSeconds = 5;

/** A whole site: a daemon that listens at all addresses, and cameras of two accounts that are recorded. */
export async function startScene(): Promise<Scene> {
  await using owned = new AsyncDisposableStack();
  const certificate = owned.use(await makeCertificate('127.0.0.1'));
  const { certificateFile, keyFile } = certificate;
  const program = join(certificateFile, '..', 'cctvd');
  const probeFile = join(certificateFile, '..', 'probe');
  writeFileSync(program, daemonScript(probeFile));
  chmodSync(program, 0o755);
  writeFileSync(probeFile, '');
  const carrier = owned.use(await BadServer.start());
  let store: BadServer | undefined;
  const listen = '0.0.0.0:0';
  const site = owned.use(
    await Site.start({
      program,
      segmentSeconds,
      storeBehind: async (endpoint) => {
        store = owned.use(await BadServer.start(endpoint));
        return store.endpoint;
      },
      config: {
        tunnel: { listen },
        metrics: { listen: '127.0.0.1:0' },
        gateway: { listen, basicWithoutTls: true },
        console: { web: { listen, tls: { certificateFile, keyFile } } },

        alerts: {
          sms: {
            twilio: {
              accountSid: `AC${'0'.repeat(32)}`,
              authToken: 'token',
              from: '+15005550006',
              endpoint: carrier.endpoint,
            },
          },
          smtp: {
            host: '127.0.0.1',
            port: carrier.ports.smtp,
            security: 'none',
            from: 'cctv@example.com',
          },
          heartbeat: { url: `${carrier.endpoint}/heartbeat`, everySeconds: 10 },
          limits: { messagesPerContactPerHour: 1_000 },
        },
        log: { format: 'json', level: 'info' },
      },
    }),
  );
  if (store === undefined) throw new Error('there is no store');
  const cameras: SiteCamera[] = [];
  for (const name of ['bach/front', 'mozart/yard']) cameras.push(await site.addCamera(name, media));
  await site.cctv('operator', 'add', 'olga');
  await enrol(site, 'bach', 'attic', 1);
  const people = {
    owner: await person(site, 'bach', 'account', 'password', 'bach'),
    restricted: await person(site, 'ben', 'viewer', 'add', 'bach/ben', '--camera', 'attic-1'),
    victim: await person(site, 'mozart', 'account', 'password', 'mozart'),
  };
  await site.cctv('account', 'add', 'mallory');
  const contact = ['--sms', '+15005550009', '--email', 'mallory@example.com'];
  await site.cctv('contact', 'add', 'mallory', ...contact, '--webhook', `${carrier.endpoint}/hook`);
  const target: Target = {
    tunnelPort: site.tunnelPort,
    gatewayPort: portIn(site, 'serving viewers'),
    webPort: portIn(site, 'serving browsers'),
    people,
    cameras: await enrol(site, 'mallory', 'bad', hostile),
    storeControl: store.ports.control,
    carrierControl: carrier.ports.control,
    controlSocket: site.socket,
  };
  const newcomers = await enrol(site, 'mozart', 'newcomer', probes);
  owned.use(keepAllDialling(cameras));
  for (const camera of cameras) await camera.recording(30_000);
  const parts = owned.move();
  return {
    site,
    target,
    cameras,
    newcomers,
    store,
    probeFile,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const daemonScript = (probeFile: string): string => {
  const probe = join(import.meta.dirname, 'daemon-probe.ts');
  const daemon = join(import.meta.dirname, '../../src/cli/cctvd.ts');
  return `#!/bin/sh\nCCTV_ATTACKS_PROBE='${probeFile}' exec '${process.execPath}' ${process.env['ATTACKS_NODE_OPTIONS'] ?? ''} --import '${probe}' '${daemon}' "$@"\n`;
};

/** Cameras whose keys this command has itself. */
async function enrol(
  site: Site,
  account: string,
  name: string,
  count: number,
): Promise<Identity[]> {
  const directory = join(site.directory, 'keys');
  mkdirSync(directory, { recursive: true });
  const identities: Identity[] = [];
  for (let i = 1; i <= count; i += 1) {
    const file = join(directory, `${account}-${name}-${i}`);
    const { line } = await loadHostKey(file, 'ssh-ed25519');
    writeFileSync(`${file}.pub`, `${line}\n`);
    await site.cctv('camera', 'add', `${account}/${name}-${i}`, '--key', `${file}.pub`);
    identities.push({
      user: `${account}.${name}-${i}`,
      privateKey: await readFile(file, 'utf8'),
    });
  }
  return identities;
}

/** Somebody of the account that a command speaks of, with the password that it prints. */
async function person(site: Site, user: string, ...command: readonly string[]): Promise<Person> {
  const told = await site.cctv(...command);
  const password = /^Password +(\S+)$/m.exec(told)?.[1] ?? '';
  return { account: command[2]?.split('/')[0] ?? '', user, password };
}

const portIn = (site: Site, message: string): number =>
  Number(
    String(site.log.find((line) => line.message === message)?.['address'])
      .split(':')
      .at(-1),
  );

/** The worst that the probe in the daemon noted in a time. */
export function worstOf(
  probeFile: string,
  fromMs: number,
  toMs: number,
): { readonly lateMs: number; readonly turnMs: number } {
  const rows = readFileSync(probeFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter(([at = 0]) => at >= fromMs && at <= toMs + 1_000);
  return {
    lateMs: Math.max(0, ...rows.map(([, lateMs = 0]) => lateMs)),
    turnMs: Math.max(0, ...rows.map(([, , turnMs = 0]) => turnMs)),
  };
}
