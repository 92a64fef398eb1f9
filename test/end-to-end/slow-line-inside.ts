import { setTimeout as delay } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Site } from '../support/site.ts';
import { storedPictures } from '../faults/stored-pictures.ts';
import { packetTimes } from '../archive/recording.ts';

// Runs in a network namespace of its own: see slow-line.test.ts.

/** What became of a camera's pictures while its line carried too little. */
export interface SlowLineOutcome {
  /** How far each stored picture's time is from when it was sent, in milliseconds. */
  readonly errorsMs: readonly number[];
  /** Pictures that were sent and stored while the line was slow. */
  readonly sent: number;
  readonly stored: number;
  readonly gaps: readonly { readonly cause: string; readonly detail: string }[];
  /** What `cctv camera status` said meanwhile. */
  readonly said: string;
}

const bitsPerSecond = 320_000;
const share = 0.78;
const slowMs = 25_000;
const name = 'bach/slow';

/** Limits what goes to a port of loopback, and queues what is over, as a camera's uplink does. */
async function limitLine(port: number, rate: number): Promise<AsyncDisposable> {
  const tc = (line: string) => execa('tc', line.split(' '));
  await tc('qdisc add dev lo root handle 1: htb default 10');
  await tc('class add dev lo parent 1: classid 1:10 htb rate 10gbit quantum 60000');
  await tc(`class add dev lo parent 1: classid 1:20 htb rate ${rate}bit ceil ${rate}bit`);
  const match = `match ip dport ${port} 0xffff flowid 1:20`;
  await tc(`filter add dev lo protocol ip parent 1:0 prio 1 u32 ${match}`);
  return { [Symbol.asyncDispose]: async () => void (await tc('qdisc del dev lo root')) };
}

await using site = await Site.start();
const camera = await site.addCamera(name, { video: 'h264', stamped: true, bitsPerSecond });
camera.dial();
await camera.recording();
await delay(4_000);
const fromMs = Date.now();
let said = '';
{
  await using _slow = await limitLine(site.tunnelPort, share * bitsPerSecond);
  await delay(slowMs);
  said = await site.cctv('camera', 'status');
}
const toMs = Date.now();
// What waited in the queues comes, and the last segment is closed and stored.
await delay(20_000);

const errorsMs: number[] = [];
const storedNumbers = new Set<number>();
for (const segment of await site.stored(name)) {
  const file = await site.read(segment);
  const path = join(site.directory, `${segment.sha256}.mp4`);
  await writeFile(path, file);
  const { video } = await packetTimes(path);
  for (const [i, { picture, sentMs }] of storedPictures(file).entries()) {
    errorsMs.push(segment.startMs + (video[i] ?? NaN) * 1_000 - sentMs);
    storedNumbers.add(picture);
  }
}
const sentNumbers = camera.rtsp.sent.flatMap(({ pictures }) =>
  [...pictures].filter(([, at]) => at >= fromMs && at < toMs).map(([picture]) => picture),
);
const outcome: SlowLineOutcome = {
  errorsMs,
  sent: sentNumbers.length,
  stored: sentNumbers.filter((picture) => storedNumbers.has(picture)).length,
  gaps: (await site.gaps(name)).filter(({ startMs }) => startMs >= fromMs),
  said,
};
process.stdout.write(`\n${JSON.stringify(outcome)}`);
