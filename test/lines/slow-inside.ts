import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Site } from '../support/site.ts';
import { execa } from 'execa';
import { freeLine, limitLine } from './line.ts';
import { writeFileSync } from 'node:fs';
import { packetTimes } from '../archive/recording.ts';

const { values } = parseArgs({
  options: {
    share: { type: 'string' },
    profile: { type: 'string', default: 'copy' },
    seconds: { type: 'string', default: '60' },
  },
});
for (const which of ['wmem', 'rmem'])
  await execa('sysctl', ['-qw', `net.ipv4.tcp_${which}=4096 16384 65536`]);
const bits = 320_000;
await using site = await Site.start({ segmentSeconds: 5, profile: values.profile as 'copy' });
const camera = await site.addCamera('bach/slow', {
  video: 'h264',
  stamped: values.profile === 'copy',
  bitsPerSecond: bits,
  width: 640,
  height: 360,
});
camera.dial();
await camera.recording();
await delay(4000);
const t0 = Date.now();
await limitLine(site.tunnelPort, Number(values.share) * bits * 1.05);
for (let i = 0; i < Number(values.seconds) / 5; i++) {
  await delay(5_000);
  const s = await camera.status();
  console.error(
    ((Date.now() - t0) / 1000).toFixed(0),
    s?.state,
    s?.detail,
    (Date.now() - (s?.lastFootageAtMs ?? 0)) / 1000,
    s?.bitsPerSecond,
  );
}
await freeLine();
await delay(15_000);
const t1 = Date.now();
const gaps = (await site.gaps('bach/slow')).filter((g: any) => g.cause !== 'never connected');
for (const g of gaps)
  console.error(
    'gap',
    ((g.startMs - t0) / 1000).toFixed(1),
    (g.durationMs / 1000).toFixed(1),
    g.cause,
    (g as any).detail,
  );
const segments = await site.stored('bach/slow');
let worst = 0,
  n = 0;
const errors: number[] = [];
for (const segment of segments) {
  const stamps = values.profile === 'copy' ? await site.pictures([segment]) : [];
  const { Body } = await site.s3.send(
    new (await import('@aws-sdk/client-s3')).GetObjectCommand({
      Bucket: 'footage',
      Key: segment.key,
    }),
  );
  const file = `/tmp/slow-${segment.startMs}.mp4`;
  writeFileSync(file, await Body!.transformToByteArray());
  const { video } = await packetTimes(file);
  const errs = stamps.map((s, i) => segment.startMs + (video[i] ?? 0) * 1000 - s.sentMs);
  errors.push(...errs);
  if (Math.max(...errs) > 300)
    stamps.forEach((st, i) =>
      console.error(
        i,
        st.picture,
        ((segment.startMs - t0) / 1000 + (video[i] ?? 0)).toFixed(2),
        errs[i]?.toFixed(0),
      ),
    );
  console.error(
    ((segment.startMs - t0) / 1000).toFixed(1),
    (segment.durationMs / 1000).toFixed(1),
    'pictures',
    video.length,
    'error',
    errs.length ? `${Math.min(...errs).toFixed(0)} to ${Math.max(...errs).toFixed(0)}` : '',
  );
  await execa('rm', [file]);
}
console.error(
  'sent',
  camera.rtsp.sent.map((s) => s.pictures.size),
  'stored',
  errors.length,
);
writeFileSync(
  '/tmp/slow.log',
  site.log
    .filter((l) => l.level === 'output')
    .map((l) => l.message)
    .join('\n'),
);
for (const l of site.log.filter((l) => ['warn', 'error'].includes(l.level)).slice(0, 20))
  console.error(l.level, l.message, l['cause'] ?? l['text'] ?? '');
