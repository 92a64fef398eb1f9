import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ExportStatus } from '../../contract/footage.ts';
import { OperatorError } from '../../lib/errors.ts';
import { clientOf, pathOf, print, readCameraName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { parseTime, timeFormats } from '../times.ts';
import { formatExactTime } from '../units.ts';

interface ExportOptions {
  readonly from: string;
  readonly to: string;
  readonly out?: string;
}

const askEveryMs = 300;

export function addExportCommand(command: Command): void {
  command
    .argument('<account/name>')
    .description(
      'write the footage of a stretch of time to one MP4 file, without encoding it again, and beside it a text with the hashes of all that it consists of',
    )
    .requiredOption('--from <time>', `from when: ${timeFormats}`)
    .requiredOption('--to <time>', 'until when, likewise')
    .option('--out <file>', 'the file (default: named by camera and time, in this directory)')
    .action(async (text: string, { from, to, out }: ExportOptions) => {
      const name = pathOf(readCameraName(text));
      const nowMs = Date.now();
      const [fromMs, toMs] = [parseTime(from, nowMs), parseTime(to, nowMs)];
      if (fromMs >= toMs) throw new UsageError('--from must be before --to.');
      if (out !== undefined) refuseExisting(out);
      const client = clientOf(command);
      const started = await client.post(`/cameras/${name}/exports`, 'StartedExport', {
        fromMs,
        toMs,
      });
      const { id, fileName, gaps } = started;
      const file = out ?? fileName;
      const evidence = `${file.replace(/\.mp4$/, '')}.txt`;
      for (const path of [file, evidence]) refuseExisting(path);
      if (gaps.length > 0) {
        print([
          'Missing in it:',
          ...gaps.map(
            (gap) =>
              `  ${formatExactTime(gap.startMs)} to ${formatExactTime(gap.endMs)}  ${gap.cause}`,
          ),
        ]);
      }
      let status: ExportStatus;
      for (;;) {
        status = await client.get(`/exports/${id}`, 'ExportStatus');
        if (status.state === 'done') break;
        if (status.state === 'failed') throw new OperatorError(status.error ?? 'It failed.');
        if (process.stderr.isTTY) {
          process.stderr.write(`\r${Math.round(status.progress * 100)} % `);
        }
        await delay(askEveryMs);
      }
      if (process.stderr.isTTY) process.stderr.write('\r');
      const sha256 = await client.download(`/exports/${id}/file`, file);
      if (sha256 !== status.sha256) {
        throw new OperatorError(`${file} was damaged on the way: export it once more.`);
      }
      const words = await client.bytes(`/exports/${id}/evidence.txt`);
      await writeFile(evidence, words, { flag: 'wx', mode: 0o600 });
      await client.delete(`/exports/${id}`);
      print([
        `${file}: ${status.bytes ?? 0} bytes`,
        `SHA-256 ${sha256}`,
        `What it consists of: ${evidence}`,
      ]);
    });
}

function refuseExisting(path: string): void {
  if (existsSync(path)) {
    throw new OperatorError(`There is a file ${path} already. Name another with --out.`);
  }
}
