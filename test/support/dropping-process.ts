import { appendFileSync, closeSync, existsSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { describeError, errorCode } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { frontDoor, garden, publishFootage, writeFootage } from './segments.ts';

// A process whose spool is too small: `endless` publishes and drops until it is killed, and notes
// what it published and dropped; `descriptors` publishes while it has no file descriptor left.
const [directory = '', what = '', notes = ''] = process.argv.slice(2);
const note = (word: string, path: string): void => {
  appendFileSync(notes, `${word} ${basename(path).replace(/^dropped\.[^.]*\.[^.]*\./, '')}\n`);
};
await using spool = await openSpool({
  directory,
  log: silentLog,
  disk: { budgetBytes: 200_000, reserveBytes: 1 },
  measureMs: 5,
  onDropped: async ({ path }) => {
    if (!existsSync(path)) throw new Error('deleted before it was told of');
    note('dropped', path);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
  },
});
switch (what) {
  case 'endless':
    for (let minute = 0; ; minute += 1) {
      const camera = minute % 2 === 0 ? frontDoor : garden;
      note('published', (await publishFootage(spool, camera, minute, 20_000)).path);
      if (minute === 0) console.log('begun');
    }
  case 'descriptors': {
    const file = await writeFootage(spool, frontDoor, 0);
    const taken: number[] = [];
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch (error) {
      if (errorCode(error) !== 'EMFILE') throw error;
    }
    const refused = await spool.publish(frontDoor, file).then(
      () => 'published',
      (error: unknown) => describeError(error),
    );
    // Long enough for looks at the disk and rescans, which must live through it.
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const fd of taken) closeSync(fd);
    await spool.publish(frontDoor, file);
    console.log(JSON.stringify({ refused, files: spool.usage().files }));
    break;
  }
  default:
    throw new Error(`what is ${what}?`);
}
