import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { describeError, OperatorError } from '../../lib/errors.ts';
import { formatCameraName } from '../../model/camera-name.ts';
import { confirm } from '../confirm.ts';
import { clientOf, pathOf, print, readCameraName } from '../context.ts';
import { readKeyFile } from '../files.ts';
import { formatBytes } from '../../lib/words.ts';

const publicKeyOption = [
  '--key <file>',
  'the new public key (ed25519 or ecdsa-nistp256); - for standard input',
] as const;

/** The commands that change an existing camera. */
export function addCameraChangeCommands(camera: Command): void {
  const change = (command: Command, name: string, what: string, body: unknown = {}) =>
    clientOf(command).post(
      `/cameras/${pathOf(readCameraName(name))}/${what}`,
      'CameraAnswer',
      body,
    );

  camera
    .command('adopt <account/name> [new-name]')
    .description('keep a camera that enrolled itself, under another name if one is given')
    .action(async (name: string, to: string | undefined, _options: unknown, command: Command) => {
      const adopted = await change(command, name, 'adopt', to === undefined ? {} : { name: to });
      print([`Camera ${formatCameraName(adopted)} is adopted.`]);
    });

  camera
    .command('rename <account/name> <new-name>')
    .description('give a camera another name; its footage stays its own, its card as it is')
    .action(async (name: string, to: string, _options: unknown, command: Command) => {
      const renamed = await change(command, name, 'rename', { name: to });
      print([
        `Camera ${name} is now ${formatCameraName(renamed)}; it dials in again by itself.`,
        `What it recorded until now keeps its place in the bucket, under ${name}/.`,
      ]);
    });

  camera
    .command('reject <account/name>')
    .description('remove a camera that enrolled itself; its token does not let it in again')
    .option('--yes', 'do not ask')
    .action(async (text: string, { yes }: { yes?: true }, command: Command) => {
      const name = formatCameraName(readCameraName(text));
      const question = `Reject ${name}? It can't dial in again with the same token.`;
      if (yes !== true && !(await confirm(question))) return print(['Nothing was changed.']);
      await clientOf(command).tell(`/cameras/${name}/reject`, {});
      print([`Camera ${name} is rejected. What it recorded stays.`]);
    });

  camera
    .command('rotate-key <account/name>')
    .description('let a camera dial in with a new key; the old one goes when the new one is used')
    .requiredOption(...publicKeyOption)
    .action(async (name: string, { key }: { key: string }, command: Command) => {
      await change(command, name, 'rotate-key', { key: await readKeyFile(key) });
      print([
        `Camera ${name} may dial in with either key. The old one ends when the new one is first used.`,
      ]);
    });

  camera
    .command('replace <account/name>')
    .description('put other hardware in its place: same name and footage, the old key ends at once')
    .requiredOption(...publicKeyOption)
    .action(async (name: string, { key }: { key: string }, command: Command) => {
      await change(command, name, 'replace', { key: await readKeyFile(key) });
      print([`Camera ${name} is replaced: only the new key is valid, the footage goes on.`]);
    });

  camera
    .command('disable <account/name>')
    .description("close a camera's tunnel and don't let it in, until it is enabled")
    .action(async (name: string, _options: unknown, command: Command) => {
      await change(command, name, 'disable');
      print([`Camera ${name} is disabled. Let it in again with: cctv camera enable ${name}`]);
    });

  camera
    .command('enable <account/name>')
    .description('let a camera in that was disabled')
    .action(async (name: string, _options: unknown, command: Command) => {
      await change(command, name, 'enable');
      print([`Camera ${name} is enabled. It dials in again by itself.`]);
    });

  camera
    .command('picture <account/name>')
    .description('what a camera shows now, as a JPEG')
    .requiredOption('--out <file>', 'where to write it; - for standard output')
    .action(async (name: string, { out }: { out: string }, command: Command) => {
      const picture = await clientOf(command).bytes(
        `/cameras/${pathOf(readCameraName(name))}/picture`,
      );
      if (out === '-') {
        process.stdout.write(picture);
        return;
      }
      try {
        await writeFile(out, picture);
      } catch (error) {
        throw new OperatorError(`${out} can't be written: ${describeError(error)}.`, {
          cause: error,
        });
      }
      print([`${out}: a picture of ${name}, ${formatBytes(picture.length)}.`]);
    });
}
