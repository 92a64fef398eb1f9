import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { OperatorError } from '../../lib/errors.ts';
import { type Firmware, readFirmware } from '../../provision/firmware.ts';
import { findModel, type Model, models } from '../../provision/models.ts';
import { type CardTarget, findCard } from '../../provision/open-card.ts';
import { isHost } from '../../provision/server.ts';
import { readWifi, type Wifi } from '../../provision/wifi.ts';
import { confirm } from '../confirm.ts';
import { UsageError } from '../errors.ts';
import { readPasswordFile } from '../files.ts';

/** What the command line says of a card. */
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

/** The same, looked at: all is there and can be used. */
export interface CardSettings {
  readonly model: Model;
  readonly firmware: Firmware;
  readonly wifi: Wifi;
  readonly target: CardTarget;
  readonly timeServer?: string;
  readonly cameraPasswordFile?: string;
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

/** Gathers all that is wrong, so that it is told at once. */
export class Problems {
  readonly #sentences: string[] = [];

  /** What `work` returns; undefined if it finds something that the operator must mend. */
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#sentences.push(error.message);
      return undefined;
    }
  }

  throwIfAny(): void {
    if (this.#sentences.length > 0) throw new OperatorError(this.#sentences.join('\n'));
  }
}

/** Checks all that can be checked without the daemon; undefined if something is wrong. */
export async function readCardFlags(
  flags: CardFlags,
  problems: Problems,
): Promise<CardSettings | undefined> {
  const { timeServer, cameraPasswordFile } = flags;
  const path = await problems.attempt(() => required(flags.card, '--card'));
  const model = await problems.attempt(() => findModel(required(flags.model, '--model')));
  const firmware = model && (await problems.attempt(() => readFirmware(model, flags.firmware)));
  const wifi = await problems.attempt(async () =>
    readWifi(
      required(flags.wifiSsid, '--wifi-ssid'),
      await readPasswordFile(required(flags.wifiPasswordFile, '--wifi-password-file')),
      flags.country,
    ),
  );
  await problems.attempt(() => {
    if (timeServer === undefined || isHost(timeServer)) return;
    throw new UsageError(`--time-server "${timeServer.slice(0, 200)}" is no name of a machine.`);
  });
  await problems.attempt(() => {
    if (cameraPasswordFile === undefined || !existsSync(cameraPasswordFile)) return;
    throw new OperatorError(`${cameraPasswordFile} is there already, and is not overwritten.`);
  });
  const target =
    path === undefined ? undefined : await problems.attempt(() => findTarget(path, flags));
  if (model === undefined || firmware === undefined) return undefined;
  if (wifi === undefined || target === undefined) return undefined;
  return {
    ...{ model, firmware, wifi, target },
    ...(timeServer === undefined ? {} : { timeServer }),
    ...(cameraPasswordFile === undefined ? {} : { cameraPasswordFile }),
  };
}

function findTarget(path: string, flags: CardFlags): Promise<CardTarget> {
  const { cardSize, evenIfFixed = false, yes = false } = flags;
  return findCard({
    path,
    evenIfFixed,
    ...(cardSize === undefined ? {} : { imageBytes: readSize(cardSize) }),
    confirm: (_disk, question) => (yes ? Promise.resolve(true) : confirm(question)),
  });
}

function required(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new UsageError(`${option} is needed for a card.`);
}

/** Reads `512M` or `8G` as bytes, in thousands as cards are sold. */
function readSize(text: string): number {
  const [, number, unit] = /^(\d{1,6})([MG])B?$/i.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (unit?.toUpperCase() === 'G' ? 1e9 : 1e6);
  throw new UsageError(`--card-size "${text.slice(0, 50)}" is no size: write 512M or 8G.`);
}
