import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Site } from '../support/site.ts';
import { dbclients } from '../support/tools.ts';

/** The release of dropbear that the cameras of these tests have: the newest. */
export function newestDropbear() {
  const newest = dbclients().at(-1);
  if (newest === undefined) throw new Error('no dropbear is installed: run bin/tools test');
  return newest;
}

export interface DirectoryOptions {
  readonly login: string;
  /** `HOST:PORT` of the RTSP server, as dbclient reaches it. */
  readonly rtsp: string;
  /** `HOST:PORT` of the server that it dials. */
  readonly server: string;
  /** Algorithm and base64 of the server's host key. */
  readonly hostKeyLine: string;
  /** On a batch's card there is none; the camera makes it. */
  readonly key?: 'make' | 'none';
}

/**
 * Writes what a camera needs to dial in (tunnel.conf, known_hosts and, by real dropbearkey, a key).
 *
 * @returns the public key, as one line
 */
export async function writeTunnelDirectory(
  path: string,
  options: DirectoryOptions,
): Promise<string> {
  const { login, rtsp, server, hostKeyLine, key = 'make' } = options;
  await mkdir(join(path, '.ssh'), { recursive: true, mode: 0o700 });
  await writeFile(
    join(path, 'tunnel.conf'),
    `SERVERS='${server}'\nLOGIN='${login}'\nRTSP='${rtsp}'\n`,
  );
  const host = server.slice(0, server.lastIndexOf(':'));
  await writeFile(join(path, '.ssh/known_hosts'), `${host} ${hostKeyLine}\n`);
  if (key === 'none') return '';
  const file = join(path, 'id_dropbear');
  const { stdout } = await execa(newestDropbear().dropbearkey, ['-t', 'ed25519', '-f', file]);
  return stdout.split('\n').find((line) => line.startsWith('ssh-')) ?? '';
}

/** Gives all files of a directory the modes that a FAT file system shows. */
export async function asOnFat(path: string): Promise<void> {
  await execa('chmod', ['-R', '0755', path]);
}

export interface AddOptions {
  readonly path: string;
  readonly publicKey: string;
  readonly rtspPath: string;
  readonly user?: string;
  readonly password?: string;
}

/** Adds a camera, whose account is there, to a site with its RTSP path and login. */
export async function addCamera(site: Site, name: string, options: AddOptions): Promise<void> {
  const { path, publicKey, rtspPath, user, password } = options;
  const keyFile = join(path, 'key.pub');
  await writeFile(keyFile, publicKey);
  const login: string[] = [];
  if (user !== undefined) {
    const passwordFile = join(path, 'rtsp-password');
    await writeFile(passwordFile, password ?? '');
    await chmod(passwordFile, 0o600);
    login.push('--rtsp-user', user, '--rtsp-password-file', passwordFile);
  }
  await site.cctv('camera', 'add', name, '--key', keyFile, '--rtsp-path', rtspPath, ...login);
}

/** Algorithm and base64 of a site's host key. */
export function hostKeyLineOf(site: Site): string {
  const line = site.log.find(({ message }) => message === 'taking cameras');
  return String(line?.['hostKeyLine']);
}

/** All files beneath a directory, with their contents; for telling whether two trees are the same. */
export async function snapshot(path: string): Promise<Record<string, string>> {
  const { stdout } = await execa('find', [path, '-printf', '%P %y %m\\n']);
  const entries = stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
  return Object.fromEntries(
    await Promise.all(
      entries.map(async (entry) => {
        const [name = '', type] = entry.split(' ');
        return [entry, type === 'f' ? await readFile(join(path, name), 'latin1') : ''] as const;
      }),
    ),
  );
}
