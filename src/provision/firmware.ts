import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, OperatorError } from '../lib/errors.ts';
import { type CardFile, copyOf, filesBeneath } from './files.ts';
import type { Model } from './models.ts';

const overlays = join(import.meta.dirname, '../../firmware');

/** Paths that prove that a directory is a Dafang-Hacks card and can run a tunnel. */
const wantedOfDafang = ['run.sh', 'bin/dropbearmulti', 'config/', 'controlscripts/'];

const whereFrom =
  'It is not part of this program: get your own copy of https://github.com/EliasKotlyar/Xiaomi-Dafang-Hacks and name its folder firmware_mod.';

/** The operator's own copy of the cameras' firmware. */
export interface Firmware {
  readonly files: readonly CardFile[];
  /** The text of one of the files; undefined if there is no such file. */
  text(path: string): string | undefined;
}

/**
 * Checks a copy of the firmware, and lists the files that go onto a card of that model.
 *
 * @param directory optional for models that need no firmware on the card
 * @throws {OperatorError} the directory isn't the firmware: what is missing, and where to get it
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

/** Uses the drivers and boot parameters of the chip variant with half the memory, if the model has that chip. */
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

/** Files of a family outside its `overlay` folder, and their paths on the card. */
const beside: Readonly<Record<Model['family'], Readonly<Record<string, string>>>> = {
  dafang: {},
  thingino: { 'runonce.sh': 'runonce.sh', S95sapiengraph: 'sapiengraph/S95sapiengraph' },
};

/** The files that we add to a family's cards (firmware/LAYOUT), in layers. */
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
