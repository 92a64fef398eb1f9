import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, OperatorError } from '../lib/errors.ts';
import { type CardFile, copyOf, filesBeneath } from './files.ts';
import type { Model } from './models.ts';

const overlays = join(import.meta.dirname, '../../firmware');

/** What shows that a directory is the content of a Dafang-Hacks card, and can carry a tunnel. */
const wantedOfDafang = ['run.sh', 'bin/dropbearmulti', 'config/', 'controlscripts/'];

const whereFrom =
  'It is not part of this program: get your own copy of https://github.com/EliasKotlyar/Xiaomi-Dafang-Hacks and name its folder firmware_mod.';

/** The operator's own copy of the cameras' firmware. */
export interface Firmware {
  readonly files: readonly CardFile[];
  /** The text of one of its files, if it has it. */
  text(path: string): string | undefined;
}

/**
 * Looks at a copy of the firmware, and lists what of it goes onto a card of that model.
 *
 * @param directory may be left out for models that need nothing on the card
 * @throws {OperatorError} if it isn't the firmware, saying what is missing and where it is to be had
 */
export function readFirmware(model: Model, directory: string | undefined): Firmware {
  if (model.family === 'dafang') return readDafang(model, directory);
  if (directory === undefined) return { files: [], text: () => undefined };
  refuseNonDirectory(directory, 'thingino lies in the camera itself, and needs no --firmware.');
  return firmwareOf(list(directory));
}

function readDafang(model: Model, given: string | undefined): Firmware {
  if (given === undefined) {
    throw new OperatorError(`--firmware DIR is needed for the model ${model.name}. ${whereFrom}`);
  }
  refuseNonDirectory(given, whereFrom);
  const inside = join(given, 'firmware_mod');
  const directory = existsSync(join(inside, 'run.sh')) ? inside : given;
  const wanted =
    model.driver === undefined ? wantedOfDafang : [...wantedOfDafang, `${model.driver}/`];
  const missing = wanted.filter((path) => !existsSync(join(directory, path)));
  if (missing.length > 0) {
    throw new OperatorError(
      `${directory} is not the firmware for the model ${model.name}: it has no ${missing.join(', no ')}. ${whereFrom}`,
    );
  }
  return firmwareOf(forModel(list(directory), model));
}

/** The variant of the chip with half the memory has its own drivers and boot parameters in the same copy. */
function forModel(files: readonly CardFile[], { driver }: Model): CardFile[] {
  if (driver === undefined) return [...files];
  const moved = files.flatMap((file): CardFile[] => {
    if (file.path.startsWith(`${driver}/`)) {
      return [{ ...file, path: `driver/${file.path.slice(driver.length + 1)}` }];
    }
    const boot = /^(uEnv\..*)t20l\.txt$/.exec(file.path);
    return boot === null ? [] : [{ ...file, path: `${boot[1]}txt` }];
  });
  const taken = new Set(moved.map(({ path }) => path));
  return [...files.filter(({ path }) => !taken.has(path)), ...moved];
}

function firmwareOf(files: readonly CardFile[]): Firmware {
  return {
    files,
    text: (path) => {
      const found = files.find((file) => file.path === path);
      if (found === undefined || Buffer.isBuffer(found.content)) return undefined;
      return readFileSync(found.content.source, 'utf8');
    },
  };
}

function list(directory: string): CardFile[] {
  try {
    return filesBeneath(directory, '', (name) => name === '.git');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`The firmware can't be read: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

function refuseNonDirectory(path: string, advice: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const what = found === undefined ? 'does not exist' : 'is not a directory';
  throw new OperatorError(`The firmware directory ${path} ${what}. ${advice}`);
}

/** Files of a family that lie beside its `overlay` folder, and where on the card they go. */
const beside: Readonly<Record<Model['family'], Readonly<Record<string, string>>>> = {
  dafang: {},
  thingino: { 'runonce.sh': 'runonce.sh', S95sapiengraph: 'sapiengraph/S95sapiengraph' },
};

/** What we add to a family's cards (firmware/LAYOUT), in layers. */
export function readOverlay(family: Model['family']): readonly (readonly CardFile[])[] {
  const own = join(overlays, family);
  const overlay = join(own, 'overlay');
  const skip = (name: string): boolean => name === 'README.md';
  return [
    filesBeneath(join(overlays, 'common'), 'sapiengraph', skip),
    existsSync(overlay) ? filesBeneath(overlay, '', skip) : [],
    Object.entries(beside[family]).map(([name, path]) => copyOf(join(own, name), path)),
  ];
}
