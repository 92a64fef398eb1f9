import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { SiteCamera } from '../../support/site.ts';
import { done, type FaultKind, type Scene } from '../fault.ts';

/** A segment of the camera that waits to be stored. */
function waiting(scene: Scene, { name }: SiteCamera, chance: number): string | undefined {
  const directory = join(scene.spoolDirectory, 'ready', name);
  try {
    const files = readdirSync(directory).filter((file) => file.endsWith('.mp4'));
    const file = files[Math.floor(chance * files.length)];
    return file === undefined ? undefined : join(directory, file);
  } catch {
    return undefined;
  }
}

function flipBit(path: string, chance: number): void {
  const at = Math.floor(chance * statSync(path).size);
  const file = openSync(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    writeSync(file, Buffer.from([byte.readUInt8() ^ 1]), 0, 1, at);
  } finally {
    closeSync(file);
  }
}

function harm(how: (path: string, chance: number) => void): FaultKind['inflict'] {
  return async (scene, camera, chance) => {
    const path = waiting(scene, camera, chance);
    if (path === undefined) return undefined;
    try {
      how(path, chance);
    } catch {
      // It was stored in this moment.
      return undefined;
    }
    scene.harmed.add(basename(path));
    return done;
  };
}

/** What befalls the disk that holds the spool, and what lies in it. */
export const spoolFaults: readonly FaultKind[] = [
  {
    name: 'a full disk',
    place: 'disk',
    weight: 5,
    lasts: [1, 15],
    causes: ['disk full', 'archiver died', 'stream stalled', 'starting'],
    inflict: async ({ disk }) => {
      await disk.fill(0);
      return () => disk.empty();
    },
  },
  {
    name: 'another disk over the spool',
    place: 'disk',
    weight: 3,
    lasts: [3, 15],
    causes: ['disk unusable', 'archiver died', 'stream stalled', 'starting'],
    inflict: async (scene) => {
      if (scene.daemonAway > 0) return undefined;
      scene.isSpoolCovered = true;
      await scene.disk.cover();
      return async () => {
        await scene.disk.uncover();
        scene.isSpoolCovered = false;
      };
    },
  },
  {
    name: 'a bit flipped in a spooled file',
    place: 'spooled file',
    weight: 4,
    lasts: [0, 0],
    causes: ['segment lost'],
    inflict: harm(flipBit),
  },
  {
    name: 'a spooled file deleted',
    place: 'spooled file',
    weight: 4,
    lasts: [0, 0],
    causes: ['segment lost'],
    inflict: harm(unlinkSync),
  },
];
