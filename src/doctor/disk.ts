import { readdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import type { DaemonView } from './daemon.ts';
import type { Findings } from './finding.ts';

const leastBytes = 1e9;
const leastFree = 0.05;
const leastInodes = 10_000;

export function checkDisk(config: Config, daemon: DaemonView, found: Findings): void {
  const directories = new Set([
    config.spoolDirectory,
    config.stateDirectory,
    dirname(config.ledgerFile),
  ]);
  const told = new Set<string>();
  for (const directory of directories) {
    const place = nearestExisting(directory);
    try {
      const { type, blocks, bsize, bavail, files, ffree } = statfsSync(place);
      const disk = `${type} ${blocks} ${files}`;
      if (told.has(disk)) continue;
      told.add(disk);
      checkRoom(directory, { totalBytes: blocks * bsize, freeBytes: bavail * bsize }, found);
      // Some file systems create inodes on demand, and report a total of 0.
      if (files === 0) continue;
      if (ffree < leastInodes) {
        found.problem(
          `Only ${ffree} more files fit on the disk of ${directory}`,
          'Remove many small files from it, or make its file system anew with more inodes',
        );
      } else found.ok(`${ffree} more files fit on the disk of ${directory}`);
    } catch (error) {
      found.unseen(`The disk of ${directory}: ${describeError(error)}`, 'Run it with sudo');
    }
  }
  checkSpool(config.spoolDirectory, daemon, found);
}

function checkRoom(
  directory: string,
  { totalBytes, freeBytes }: { readonly totalBytes: number; readonly freeBytes: number },
  found: Findings,
): void {
  const text = `${(freeBytes / 1e9).toFixed(1)} of ${(totalBytes / 1e9).toFixed(1)} GB are free on the disk of ${directory}`;
  const advice =
    'Make room; a camera in the downsample profile fills about 2 GB a day while the bucket is away';
  if (freeBytes < leastBytes) found.problem(text, advice);
  else if (freeBytes < leastFree * totalBytes) found.warning(text, advice);
  else found.ok(text);
}

function checkSpool(directory: string, daemon: DaemonView, found: Findings): void {
  if (daemon.status === undefined) {
    found.unseen('What waits in the spool: the daemon does not answer');
  } else {
    const { files, bytes, oldestMs, disk } = daemon.status.spool;
    const age = oldestMs === undefined ? 0 : Date.now() - oldestMs;
    const text = `${files} segments (${(bytes / 1e6).toFixed(0)} MB) wait in the spool, the oldest for ${Math.round(age / 60_000)} minutes`;
    if (disk.state !== 'ok') {
      const advice =
        disk.state === 'unusable' ? 'Mount it, or mend its owner and mode' : 'Make room';
      found.problem(`The disk of the spool is ${disk.state}: ${disk.detail ?? ''}`, advice);
    }
    if (age > 15 * 60_000) found.warning(text, 'See the findings about the bucket, and its line');
    else found.ok(text);
  }
  try {
    const damaged = readdirSync(join(directory, 'damaged'), { recursive: true, encoding: 'utf8' });
    const count = damaged.filter((name) => name.includes('.mp4')).length;
    if (count > 0) {
      found.warning(
        `${count} damaged files were set aside in ${join(directory, 'damaged')}`,
        'Check the disk (dmesg, smartctl); look into the files, then delete them',
      );
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') found.unseen(`The spool: ${describeError(error)}`);
  }
}

function nearestExisting(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    try {
      statfsSync(at);
      return at;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || at === dirname(at)) return at;
    }
  }
}
