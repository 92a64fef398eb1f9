import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Each tool is looked for when it is first asked for, so that a program that needs one of them (bin/quickstart,
// one test file) runs on a machine that has no other.

const tools = join(import.meta.dirname, '../../.tools');

function present(path: string): string {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new Error(`${path} is missing: run bin/tools test`, { cause });
  }
  return path;
}

/** A program of the system. */
export function onPath(program: string): string {
  const found = `${process.env['PATH'] ?? ''}:/usr/sbin`
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${program} is not on PATH: run bin/tools test`);
  return found;
}

/** Looks once, and gives the same answer from then on. */
function once<Found>(look: () => Found): () => Found {
  let found: { readonly value: Found } | undefined;
  return () => (found ??= { value: look() }).value;
}

/** One release of dropbear's client programs, as cameras have it. */
export interface Dropbear {
  readonly version: string;
  readonly dbclient: string;
  readonly dropbearkey: string;
  readonly dropbearconvert: string;
}

export const live555ProxyServer = once(() =>
  present(join(tools, 'live555/bin/live555ProxyServer')),
);

/** Preloaded into live555ProxyServer, keeps it on loopback. */
export const loopbackOnly = once(() => present(join(tools, 'relay/loopback-only.so')));

/** From the oldest release to the newest. */
export const dbclients = once((): readonly Dropbear[] =>
  readdirSync(present(join(tools, 'dropbear')))
    .sort()
    .map((version) => {
      const program = (name: string): string => present(join(tools, 'dropbear', version, name));
      return {
        version,
        dbclient: program('dbclient'),
        dropbearkey: program('dropbearkey'),
        dropbearconvert: program('dropbearconvert'),
      };
    }),
);

export const ffmpeg = once(() => onPath('ffmpeg'));
export const ffprobe = once(() => onPath('ffprobe'));

/** Checks what is meant for Prometheus. */
export const promtool = once(() => onPath('promtool'));

/** The Python that has Swift beside it. */
export const swiftPython = once(() => present(join(tools, 'swift/python')));

/** The programs and libraries of a small Ceph. */
export const ceph = once(() => ({
  programs: present(join(tools, 'ceph/bin')),
  libraries: present(join(tools, 'ceph/libraries/rados-classes')).replace(/\/rados-classes$/, ''),
}));

/** Programs and libraries of Debian for mipsel, the processor of many cameras, and what runs them here. */
export const bookwormMipsel = once(() => present(join(tools, 'debian/bookworm-mipsel')));
export const qemuMipsel = once(() =>
  present(join(tools, 'debian/bookworm/usr/bin/qemu-mipsel-static')),
);

/** Computes the key of a Wi-Fi, as cameras' wpa_supplicant does. */
export const wpaPassphrase = once(() =>
  present(join(tools, 'debian/trixie/usr/bin/wpa_passphrase')),
);

/** The SMS gateway Kannel, and a short message centre for trying it out. */
export const bearerbox = once(() => onPath('bearerbox'));
export const smsbox = once(() => onPath('smsbox'));
export const fakesmsc = once(() => present('/usr/lib/kannel/test/fakesmsc'));

/** The web server that the operator's handbook has as a proxy. */
export const nginx = once(() => onPath('nginx'));
