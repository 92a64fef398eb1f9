import { once } from 'node:events';
import type { Command } from 'commander';
import type { LedgerSegment, SegmentsAnswer } from '../../contract/cameras.ts';
import { clientOf, pathOf, readCameraName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { type Column, table } from '../table.ts';
import { parseTime, timeFormats, timeZone } from '../times.ts';
import { count, formatBytes, formatDuration } from '../../lib/words.ts';
import { formatExactTime } from '../units.ts';

interface SegmentsOptions {
  readonly from: string;
  readonly to?: string;
  readonly json?: true;
}

// The table is printed page by page, so column widths must be known before the first page.
const columns = (): readonly Column<LedgerSegment>[] => [
  {
    head: `START (${timeZone()})`,
    stays: true,
    minWidth: timeZone() === 'UTC' ? 24 : 29,
    cell: ({ startMs }) => formatExactTime(startMs),
  },
  {
    head: 'LENGTH',
    minWidth: 9,
    align: 'right',
    cell: ({ durationMs }) => `${(durationMs / 1000).toFixed(3)} s`,
  },
  { head: 'SIZE', minWidth: 7, align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  { head: 'STATE', minWidth: 7, cell: ({ state }) => state },
  { head: 'SHA-256', cutTo: 8, cell: ({ sha256 }) => `${sha256.slice(0, 12)}…` },
];

export function addSegmentsCommand(command: Command): void {
  command
    .argument('<account/name>')
    .description('the footage of a camera, piece by piece: in the bucket, or waiting in the spool')
    .option('--from <time>', `from when: ${timeFormats}`, '24h')
    .option('--to <time>', 'until when, likewise (default: now)')
    .option('--json', 'print JSON, with the keys of objects')
    .action(async (text: string, options: SegmentsOptions) => {
      const nowMs = Date.now();
      const from = parseTime(options.from, nowMs);
      // The newest segment may start in the future, by a camera's or a tunnel's clock.
      const to = options.to === undefined ? nowMs + 60_000 : parseTime(options.to, nowMs);
      if (from >= to) throw new UsageError('--from must be before --to.');
      const path = `/segments/${pathOf(readCameraName(text))}`;
      const pages = clientOf(command).pages(path, 'SegmentsAnswer', { from, to });
      await (options.json ? writeJson(pages) : writeTable(pages));
    });
}

type Pages = AsyncIterable<SegmentsAnswer>;

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text) && process.stdout.writable) await once(process.stdout, 'drain');
}

async function writeJson(pages: Pages): Promise<void> {
  let separator = '{"segments":[\n';
  for await (const { segments } of pages) {
    for (const segment of segments) {
      await write(separator + JSON.stringify(segment));
      separator = ',\n';
    }
  }
  await write(separator.startsWith('{') ? '{"segments":[]}\n' : '\n]}\n');
}

async function writeTable(pages: Pages): Promise<void> {
  const sum = { segments: 0, bytes: 0, durationMs: 0, spooled: 0 };
  for await (const { segments } of pages) {
    const lines = table(columns(), segments);
    if (segments.length > 0) await write(`${lines.slice(sum.segments === 0 ? 0 : 1).join('\n')}\n`);
    for (const { bytes, durationMs, state } of segments) {
      sum.segments += 1;
      sum.bytes += bytes;
      sum.durationMs += durationMs;
      if (state === 'spooled') sum.spooled += 1;
    }
  }
  if (sum.segments === 0) return await write('No footage in that time.\n');
  const waiting = sum.spooled === 0 ? '' : `; ${sum.spooled} of them in the spool still`;
  await write(
    `\n${count(sum.segments, 'segment')}, ${formatDuration(sum.durationMs)}, ${formatBytes(sum.bytes)}${waiting}\n`,
  );
}
