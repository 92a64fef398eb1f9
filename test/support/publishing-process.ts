import { silentLog } from '../../src/lib/log.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { frontDoor, publishFootage, someTimeMs } from './segments.ts';

// A process that works on a spool, to be killed or starved: `endless` publishes until it is killed,
// `once` publishes one file and says what came of it, `watch` says how many segments it knows of.
const [directory = '', what = '', path = ''] = process.argv.slice(2);
const lines: string[] = [];
const log = { ...silentLog, warn: (message: string) => void lines.push(message) };
await using spool = await openSpool({ directory, log, rescanMs: 100 });
switch (what) {
  case 'endless':
    for (let minute = 0; ; minute += 4) {
      await Promise.all(
        [0, 1, 2, 3].map((more) => publishFootage(spool, frontDoor, minute + more, 200_000)),
      );
      console.log('four are published');
    }
  case 'once': {
    const file = { path, startMs: someTimeMs, durationMs: 60_000 };
    const error = await spool.publish(frontDoor, file).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    console.log(error instanceof Error ? `${error.name}: ${error.message}` : 'published');
    break;
  }
  case 'watch': {
    for (let time = 0; time < 200 && (spool.usage().files < 40 || lines.length === 0); time += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log(JSON.stringify({ files: spool.usage().files, lines }));
    break;
  }
  default:
    throw new Error(`what is ${what}?`);
}
