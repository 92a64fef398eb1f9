import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The program does not read what the camera sends. */
export class ArchiverHungError extends Error {
  override name = 'ArchiverHungError';
}

const samples = 3;
const sampleEachMs = 150;
const mostProcesses = 20;
/** State of a connection in /proc/net/tcp (include/net/tcp_states.h). */
const established = '01';

/**
 * Why a program that records nothing is itself to blame; undefined if it is not, and the camera sent
 * nothing. It is to blame if it was halted, or leaves unread what comes from `sourcePort`.
 */
export async function whyHung(pid: number, sourcePort: number): Promise<string | undefined> {
  let unread = Infinity;
  for (let sample = 0; sample < samples; sample += 1) {
    if (sample > 0) await delay(sampleEachMs);
    const pids = await family(pid);
    for (const one of pids) {
      if ((await stateOf(one)) === 'T') return 'ffmpeg hangs: the process is halted (state T)';
    }
    // A program that works has read everything in at least one of the samples.
    unread = Math.min(unread, await unreadBytes(pids, sourcePort));
    if (unread === 0) return undefined;
  }
  return `ffmpeg hangs: it leaves ${unread} bytes of the stream unread`;
}

/** The process and its children: the program may be a script that starts ffmpeg. */
async function family(pid: number): Promise<number[]> {
  const pids = [pid];
  for (const one of pids) {
    if (pids.length >= mostProcesses) break;
    const children = await read(`/proc/${one}/task/${one}/children`);
    pids.push(...children.split(' ').filter(Boolean).map(Number));
  }
  return pids;
}

async function stateOf(pid: number): Promise<string | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
}

/** What the kernel holds for these processes of their connections to a port of this machine. */
async function unreadBytes(pids: readonly number[], port: number): Promise<number> {
  const inodes = new Set((await Promise.all(pids.map(socketsOf))).flat());
  const [pid = 0] = pids;
  const tables = await Promise.all([read(`/proc/${pid}/net/tcp`), read(`/proc/${pid}/net/tcp6`)]);
  let bytes = 0;
  for (const line of tables.join('\n').split('\n')) {
    const [, , remote = '', state, queues = '', , , , , inode = ''] = line.trim().split(/\s+/);
    if (state !== established || !inodes.has(inode)) continue;
    if (Number.parseInt(remote.split(':')[1] ?? '', 16) !== port) continue;
    bytes += Number.parseInt(queues.split(':')[1] ?? '0', 16);
  }
  return bytes;
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** Empty if the process is gone. */
const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
