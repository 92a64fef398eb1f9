import { open, readdir, readFile, readlink } from 'node:fs/promises';
import { errorCode } from '../lib/errors.ts';

/** A listening TCP socket. */
export interface Listener {
  readonly family: 4 | 6;
  /** Whether only this machine can reach it. */
  readonly loopback: boolean;
  readonly port: number;
}

/** State of a listening socket in /proc/net/tcp (include/net/tcp_states.h). */
const listening = '0A';

/** `fallback` if the process or one of its files is gone. */
async function unlessGone<T>(reading: Promise<T>, fallback: T): Promise<T> {
  return await reading.catch((error: unknown) => {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return fallback;
    throw error;
  });
}

async function socketInodes(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const names = await unlessGone(readdir(folder), []);
  const links = await Promise.all(
    names.map((name) => unlessGone(readlink(`${folder}/${name}`), '')),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** `address` is in hex, in 32-bit words in the machine's byte order, which is little-endian. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  return (
    address === '00000000000000000000000001000000' || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address)
  );
}

function parseTable(table: string, family: 4 | 6, inodes: ReadonlySet<string>): Listener[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state] = fields;
    if (state !== listening || !inodes.has(fields[9] ?? '')) return [];
    const [address = '', port = ''] = local.split(':');
    return [{ family, loopback: isLoopback(address), port: Number.parseInt(port, 16) }];
  });
}

const chunkBytes = 16_384;

/**
 * Reads the listening sockets of a table. They come first (proc_net_tcp in the kernel's
 * documentation), and thousands of connections may follow.
 */
async function readListening(path: string): Promise<string> {
  await using file = await open(path);
  const chunk = Buffer.alloc(chunkBytes);
  let text = '';
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes);
    text += chunk.toString('latin1', 0, bytesRead);
    const lastLine = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)?.trim() ?? '';
    const [, local, , state] = lastLine.split(/\s+/);
    const isConnection = local?.includes(':') === true && state !== listening;
    if (bytesRead === 0 || isConnection) return text;
  }
}

/** Where a child process listens for TCP (proc_pid_net(5)); empty if the process is gone. */
export async function listeners(pid: number): Promise<Listener[]> {
  const [tcp, tcp6, inodes] = await Promise.all([
    unlessGone(readListening(`/proc/${pid}/net/tcp`), ''),
    unlessGone(readListening(`/proc/${pid}/net/tcp6`), ''),
    socketInodes(pid),
  ]);
  return [...parseTable(tcp, 4, inodes), ...parseTable(tcp6, 6, inodes)];
}

/** The CPU time of a single-threaded process since its start. */
export interface CpuTime {
  readonly ranMs: number;
  /** Time in which it was ready to run, but others had the CPU. */
  readonly waitedMs: number;
}

/** Undefined if the process is gone, or the kernel doesn't count this (CONFIG_SCHED_INFO). */
export async function cpuTime(pid: number): Promise<CpuTime | undefined> {
  const text = await unlessGone(readFile(`/proc/${pid}/schedstat`, 'utf8'), '');
  const [ran, waited] = text.split(' ').map(Number);
  if (ran === undefined || waited === undefined || Number.isNaN(ran + waited)) return undefined;
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}
