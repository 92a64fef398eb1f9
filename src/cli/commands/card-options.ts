import { type Command, Option } from 'commander';
import { models } from '../../provision/models.ts';

/** The command line's options for a card. */
export interface CardFlags {
  readonly card?: string;
  readonly firmware?: string;
  readonly model?: string;
  readonly wifiSsid?: string;
  readonly wifiPasswordFile?: string;
  readonly country?: string;
  readonly server?: readonly string[];
  readonly timeServer?: string;
  readonly cardSize?: string;
  readonly cameraPasswordFile?: string;
  readonly evenIfFixed?: true;
  readonly yes?: true;
}

export function addCardOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--card <card>',
        'the SD card: a directory where it is mounted, an image of it (made if it is not there), or its device',
      ),
    )
    .option('--firmware <dir>', "your copy of the camera's firmware")
    .option('--model <name>', `what camera it is: ${models.map(({ name }) => name).join(', ')}`)
    .option('--wifi-ssid <name>', "the Wi-Fi's name")
    .option('--wifi-password-file <file>', 'file with its WPA2 password; - for standard input')
    .option('--country <code>', 'where the Wi-Fi is: two letters, such as DE')
    .option(
      '--server <host:port>',
      'where the camera dials in; several are tried in turn (default: where the daemon listens)',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option('--time-server <host>', 'whom the camera asks for the time; it must answer pings')
    .option('--card-size <size>', 'of a new image, such as 512M or 8G')
    .option(
      '--camera-password-file <file>',
      "where the password of the camera's own web page is kept, instead of being shown",
    )
    .option('--even-if-fixed', 'allow a device that is no card reader and no USB stick')
    .option('--yes', 'do not ask before a device is overwritten');
}
