import type { Command } from 'commander';
import { formatCameraName } from '../../model/camera-name.ts';
import { allCameras } from '../all-cameras.ts';
import { confirm } from '../confirm.ts';
import {
  clientOf,
  pathOf,
  print,
  printJson,
  readAccountName,
  readCameraName,
  refuseUnknownAccount,
} from '../context.ts';
import { UsageError } from '../errors.ts';
import { readKeyFile } from '../files.ts';
import { addCameraUrlCommand } from './camera-url.ts';
import { cameraScreen } from '../screens/camera-screen.ts';
import { cameraListScreen } from '../screens/camera-list-screen.ts';
import { count } from '../../lib/words.ts';
import { addCardOptions, type CardFlags } from './card-options.ts';
import { addCameraAlertingCommands } from './camera-alerting.ts';
import { addCameraChangeCommands } from './camera-changes.ts';
import { addCameraSetCommand } from './camera-set.ts';
import { addCameraStatus } from './cameras.ts';
import { addStreamOptions, type StreamFlags, streamOf } from './stream-options.ts';

interface AddCameraOptions extends CardFlags, StreamFlags {
  readonly key?: string;
}

export function addCameraCommands(camera: Command): void {
  addCameraStatus(camera.command('status'));

  const add = camera
    .command('add <account/name>')
    .description('let a camera dial in with its key, or with a card that is made for it')
    .option('--key <file>', 'its public key (ed25519 or ecdsa-nistp256); - for standard input')
    .action(async (text: string, options: AddCameraOptions, command: Command) => {
      const { account, camera: name } = readCameraName(text);
      const { key, card } = options;
      if ((key === undefined) === (card === undefined)) {
        throw new UsageError(
          'Say either --key FILE, with the public key of a camera, or --card CARD, for a card that is made for it.',
        );
      }
      const stream = await streamOf(options);
      const client = clientOf(command);
      if (key === undefined) {
        const { addCameraOnCard } = await import('./card.ts');
        return await addCameraOnCard(client, { account, camera: name }, options, stream);
      }
      const added = await client.post('/cameras', 'CameraAnswer', {
        account,
        name,
        key: await readKeyFile(key),
        ...stream,
      });
      print([
        `Camera ${formatCameraName(added)} is added, with the key ${added.settings?.keys[0]?.fingerprint ?? ''}.`,
        `It dials in as ${account}.${name}; see it with: cctv camera status`,
      ]);
    });
  addCardOptions(addStreamOptions(add));

  camera
    .command('list [account]')
    .description('list the cameras that were added, connected or not')
    .option('--json', 'print JSON')
    .action(async (account: string | undefined, { json }: { json?: true }, command: Command) => {
      if (account !== undefined) readAccountName(account);
      const client = clientOf(command);
      const cameras = await allCameras(client, account);
      if (account !== undefined && cameras.length === 0) {
        await refuseUnknownAccount(client, account);
      }
      if (json) printJson({ cameras });
      else print(cameraListScreen(cameras, Date.now()));
    });

  camera
    .command('show <account/name>')
    .description('all about one camera')
    .option('--json', 'print JSON')
    .action(async (text: string, { json }: { json?: true }, command: Command) => {
      const path = `/cameras/${pathOf(readCameraName(text))}`;
      const answer = await clientOf(command).get(path, 'CameraAnswer');
      if (json) printJson(answer);
      else print(cameraScreen(answer, Date.now()));
    });

  addCameraUrlCommand(camera);
  addCameraSetCommand(camera);
  addCameraChangeCommands(camera);
  addCameraAlertingCommands(camera);

  camera
    .command('remove <account/name>')
    .description("close a camera's tunnel and forget its key; its footage stays")
    .option('--yes', 'do not ask')
    .action(async (text: string, { yes }: { yes?: true }, command: Command) => {
      const name = formatCameraName(readCameraName(text));
      const client = clientOf(command);
      const { stored, spooled } = await client.get(`/cameras/${name}`, 'CameraAnswer');
      const footage = count(stored.segments + spooled.segments, 'segment');
      const question = `Remove ${name}? It can no longer dial in; its footage (${footage}) stays.`;
      if (yes !== true && !(await confirm(question))) return print(['Nothing was changed.']);
      await client.delete(`/cameras/${name}`);
      print([`Camera ${name} is removed. Its footage (${footage}) stays.`]);
    });
}
