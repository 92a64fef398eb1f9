import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { s3Kinds, TestBucket } from '../support/bucket.ts';
import { figure, machine, markdown, median } from './report.ts';
import { type Load, ourUploader, rivals, rivalUploaders, type UploadWay } from './upload-ways.ts';

// What it costs to bring footage to a bucket: our uploader, and what one would use without it. They
// take turns, at the same servers on this machine.

/** Of the slower server, fewer will do. */
const loads: Readonly<Record<string, readonly Load[]>> = {
  Ceph: [
    { files: 300, bytes: 300_000 },
    { files: 30, bytes: 10_000_000 },
  ],
  Swift: [
    { files: 100, bytes: 300_000 },
    { files: 10, bytes: 10_000_000 },
  ],
};
const rounds = 3;

interface Sample {
  readonly objects: number;
  readonly megabytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

async function sample(way: UploadWay, load: Load): Promise<Sample> {
  const files = Math.min(load.files, way.atMost ?? load.files);
  const { tookMs, cpuMs, peakKib } = await way.upload({ ...load, files });
  return {
    objects: files,
    megabytes: (files * load.bytes) / 1e6,
    seconds: tookMs / 1e3,
    cpuSeconds: cpuMs / 1e3,
    peakMib: peakKib / 1024,
  };
}

await using owned = new AsyncDisposableStack();
const directory = mkdtempSync(join(tmpdir(), 'cctv-bench-'));
owned.defer(() => rmSync(directory, { recursive: true, force: true }));

for (const { name, start } of s3Kinds.toReversed()) {
  const inside = (what: string): string => join(directory, `${name}-${what}`);
  await using server = await start({ directory: inside('server') });
  using bucket = await TestBucket.create(server);
  const place = (what: string) => ({ server, bucket: bucket.name, directory: inside(what) });
  await using ours = await ourUploader(place('spool'));
  const ways = [ours, ...rivalUploaders(place('rivals'))];
  // The daemon runs for months: what it does at first, and never again, is not what is asked.
  await ours.upload({ files: 300, bytes: 100_000 });

  for (const [index, load] of (loads[name] ?? []).entries()) {
    const measured = new Map<UploadWay, Sample[]>(ways.map((way) => [way, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const way of ways) {
        // What starts a program for each file takes as long as that.
        if (way.atMost !== undefined && index + round > 0) continue;
        measured.get(way)?.push(await sample(way, load));
        await delay(500);
      }
    }
    const of = (way: UploadWay, what: (one: Sample) => number): number =>
      median((measured.get(way) ?? []).map(what));
    const cpuOf = (way: UploadWay): number => of(way, (one) => one.cpuSeconds / one.objects);
    const took = ways.filter((way) => measured.get(way)?.length !== 0);
    const rows = took.map((way) => [
      way.name,
      figure(
        of(way, (one) => one.objects / one.seconds),
        1,
      ),
      figure(
        of(way, (one) => one.megabytes / one.seconds),
        1,
      ),
      figure(cpuOf(way) * 1e3, 2),
      figure(
        of(way, (one) => (one.cpuSeconds / one.megabytes) * 1e3),
        2,
      ),
      figure(cpuOf(ours) / cpuOf(way), 2),
      figure(
        of(way, (one) => one.peakMib),
        0,
      ),
    ]);
    const what = `${name}: ${load.files} × ${load.bytes / 1e6} MB`;
    const head = [what, 'objects/s', 'MB/s', 'CPU s/1000', 'CPU s/GB', 'ours / it', 'MiB'];
    for (const line of markdown(head, rows)) console.log(line);
    console.log('');
  }
}
console.log(`CPU: of the program that uploads; MiB: the most that one process held
medians of ${rounds} rounds in turns; of "for each file", one round of a few files, two at a time
ours proves each object by a checksum that the server tells (PUT, HEAD), then deletes the file; so does rclone move, by MD5
${rivals.rclone.version}, ${rivals.aws.version}
${machine()}`);
