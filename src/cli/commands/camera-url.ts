import type { Command } from 'commander';
import { OperatorError } from '../../lib/errors.ts';
import { clientOf, pathOf, print, readCameraName } from '../context.ts';
import { noGateway } from '../screens/login-screen.ts';

export function addCameraUrlCommand(camera: Command): void {
  camera
    .command('url <account/name>')
    .description('the public address of a camera, for a player; a line for each way to it')
    .action(async (text: string, _options: unknown, command: Command) => {
      const path = `/addresses/${pathOf(readCameraName(text))}`;
      const { addresses } = await clientOf(command).get(path, 'AddressesAnswer');
      if (addresses.length === 0) throw new OperatorError(noGateway);
      print(addresses);
    });
}
