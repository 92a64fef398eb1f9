import { existsSync } from 'node:fs';
import { OperatorError } from '../../lib/errors.ts';
import { type Firmware, readFirmware } from '../../provision/firmware.ts';
import { findModel, type Model } from '../../provision/models.ts';
import { type CardTarget, findCard } from '../../provision/open-card.ts';
import { isHost } from '../../provision/server.ts';
import { readWifi, type Wifi } from '../../provision/wifi.ts';
import { confirm } from '../confirm.ts';
import { UsageError } from '../errors.ts';
import { readPasswordFile } from '../files.ts';
import type { CardFlags } from './card-options.ts';

/** The command line's options for a card, complete and checked. */
export interface CardSettings {
  readonly model: Model;
  readonly firmware: Firmware;
  readonly wifi: Wifi;
  readonly target: CardTarget;
  readonly timeServer?: string;
  readonly cameraPasswordFile?: string;
}

/** Collects problems, so that they are reported together. */
export class Problems {
  readonly #sentences: string[] = [];
  #isUsage = false;

  /** Returns the result of `work`; undefined if it throws an OperatorError, which is collected. */
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#sentences.push(error.message);
      this.#isUsage ||= error instanceof UsageError;
      return undefined;
    }
  }

  throwIfAny(): void {
    if (this.#sentences.length === 0) return;
    const all = this.#sentences.join('\n');
    throw this.#isUsage ? new UsageError(all) : new OperatorError(all);
  }
}

/** Checks all options that need no daemon; undefined if there are problems. */
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
    model,
    firmware,
    wifi,
    target,
    timeServer,
    cameraPasswordFile,
  };
}

function findTarget(path: string, flags: CardFlags): Promise<CardTarget> {
  const { cardSize, evenIfFixed = false, yes = false } = flags;
  return findCard({
    path,
    evenIfFixed,
    imageBytes: cardSize === undefined ? undefined : readSize(cardSize),
    confirm: (_disk, question) => (yes ? Promise.resolve(true) : confirm(question)),
  });
}

function required(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new UsageError(`${option} is needed for a card.`);
}

/** Reads `512M` or `8G` as bytes; the units are powers of 1000, as on the labels of cards. */
function readSize(text: string): number {
  const [, number, unit] = /^(\d{1,6})([MG])B?$/i.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (unit?.toUpperCase() === 'G' ? 1e9 : 1e6);
  throw new UsageError(`--card-size "${text.slice(0, 50)}" is no size: write 512M or 8G.`);
}
