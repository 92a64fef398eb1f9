// In the place of dbclient: keeps its arguments and does what `behaviour.json` beside it says.
import { appendFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface Behaviour {
  /** What it writes to stderr. */
  readonly says?: string;
  /** Connections that it opens to {@link port} and keeps. */
  readonly connections?: number;
  readonly port?: number;
  /** How long it lives; for ever unless given. */
  readonly livesMs?: number;
}

const [home = '', ...args] = process.argv.slice(2);
appendFileSync(
  join(home, 'dialled'),
  `${JSON.stringify({ args, home: process.env['HOME'], pid: process.pid })}\n`,
);
const behaviour = JSON.parse(readFileSync(join(home, 'behaviour.json'), 'utf8')) as Behaviour;
process.stderr.write(behaviour.says ?? '');
for (let n = 0; n < (behaviour.connections ?? 0); n += 1) {
  connect(behaviour.port ?? 0, '127.0.0.1').on('error', () => {});
}
if (behaviour.livesMs === undefined) setInterval(() => {}, 60_000);
else setTimeout(() => process.exit(1), behaviour.livesMs);
