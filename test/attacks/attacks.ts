import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { usualSeconds } from './attack.ts';
import { wrongs } from './judge.ts';
import { attacks } from './kinds/all.ts';
import { controlOf, report } from './report.ts';
import { runAttacks } from './run.ts';

// Attacks a running daemon in each way that we know, while honest cameras, viewers and owners work beside
// it. Exits with 1 if they lose anything by that, or the daemon does.

const { values } = parseArgs({
  options: {
    /** Only those whose name has one of these words in it, with commas between; beside the control. */
    only: { type: 'string' },
    seconds: { type: 'string', default: `${usualSeconds}` },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
  },
});

const inside = 'CCTV_ATTACKS_INSIDE';

if (process.env[inside] === undefined) await runInNamespace();
else await run();

/** In a namespace of its own, each address of 10.0.0.0/8 is a stranger's that leads to this machine. */
async function runInNamespace(): Promise<void> {
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const setUp = 'ip link set lo up && ip route add local 10.0.0.0/8 dev lo && exec "$0" "$@"';
  const { exitCode } = await execa(
    'unshare',
    [...user, '--net', '--', 'sh', '-c', setUp, process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', reject: false, env: { [inside]: 'yes' } },
  );
  process.exitCode = exitCode ?? 1;
}

async function run(): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const startedAt = performance.now();
  const say = (line: string): void => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    console.log(`${seconds.padStart(5)} s  ${line}`);
  };
  const { only = '' } = values;
  const seed = Number(values.seed);
  say(`seed ${seed}`);
  const { rows, log } = await runAttacks({
    attacks: attacks.filter(
      ({ name, by }) => by === 'nobody' || only.split(',').some((word) => name.includes(word)),
    ),
    seconds: Number(values.seconds),
    seed,
    say,
    signal: stop.signal,
  });
  console.log(`\n${report(rows)}`);
  const directory = mkdtempSync(join(tmpdir(), 'cctv-attacks-evidence-'));
  writeFileSync(
    join(directory, 'log.jsonl'),
    log.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  console.log(`\nthe daemon's log is kept in ${directory}`);
  const isBad = rows.some((row) => wrongs(row, controlOf(rows)).length > 0);
  if (isBad || rows.length === 0) process.exitCode = 1;
}
