import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import type { FaultKind, Heal, Scene } from '../fault.ts';
import { signal } from '../programs.ts';

const starts = 3;

/** Starts the daemon, several times if need be; that it did not start at once is a trouble. */
export async function startAgain({ site, troubles }: Scene): Promise<void> {
  for (let left = starts; left > 0; left -= 1) {
    try {
      return await site.startDaemon();
    } catch (error) {
      troubles.push(`the daemon does not start: ${String(error)}`);
      await site.stopDaemon('SIGKILL');
    }
  }
}

/** @returns how to start it again; undefined if it can't be started now */
export async function stopDaemon(scene: Scene, name: NodeJS.Signals): Promise<Heal | undefined> {
  if (scene.isSpoolCovered) return undefined;
  scene.daemonAway += 1;
  await scene.site.stopDaemon(name);
  return async () => {
    await startAgain(scene);
    scene.daemonAway -= 1;
  };
}

/** What may be missing because something stood still for a while. */
const ofStanding = [
  'server stood still',
  'stream stalled',
  'camera offline',
  'camera sent nothing',
  'starting',
] as const;

/** What befalls the daemon, and with it each camera. */
export const daemonFaults: readonly FaultKind[] = [
  {
    name: 'kill -9 of the daemon',
    place: 'daemon',
    weight: 3,
    lasts: [0, 4],
    causes: ['daemon down', 'camera offline', 'starting'],
    inflict: (scene) => stopDaemon(scene, 'SIGKILL'),
  },
  {
    name: 'kill -9 of all',
    place: 'daemon',
    weight: 3,
    lasts: [0, 4],
    causes: ['daemon down', 'camera offline', 'relay died', 'archiver died', 'starting'],
    inflict: async (scene) => {
      if (scene.isSpoolCovered) return undefined;
      for (const { pid } of scene.site.children()) signal(pid, 'SIGKILL');
      const heal = await stopDaemon(scene, 'SIGKILL');
      for (const camera of scene.cameras) camera.killClients();
      return heal;
    },
  },
  {
    name: 'a restart of the daemon',
    place: 'daemon',
    weight: 3,
    lasts: [0, 2],
    causes: ['daemon down', 'camera offline', 'starting'],
    inflict: (scene) => stopDaemon(scene, 'SIGTERM'),
  },
  {
    name: 'a daemon that is stopped for a while',
    place: 'daemon',
    weight: 3,
    lasts: [1, 12],
    causes: ofStanding,
    inflict: async ({ site }) => {
      const pid = site.daemonPid;
      return signal(pid, 'SIGSTOP') ? () => void signal(pid, 'SIGCONT') : undefined;
    },
  },
  {
    name: 'a machine that is stopped for a while',
    place: 'daemon',
    weight: 2,
    lasts: [5, 40],
    causes: ofStanding,
    inflict: async ({ site, cameras }) => {
      const programs = site.children().map(({ pid }) => pid);
      const clients = cameras.flatMap((camera) => camera.clients.flatMap(({ pid }) => pid ?? []));
      const stopped = [site.daemonPid, ...programs, ...clients].filter((pid) =>
        signal(pid, 'SIGSTOP'),
      );
      return () => {
        for (const pid of stopped) signal(pid, 'SIGCONT');
      };
    },
  },
  {
    name: 'a daemon out of file descriptors',
    place: 'daemon',
    weight: 3,
    lasts: [3, 10],
    causes: [
      ...(['relay died', 'archiver died', 'stream stalled', 'camera offline'] as const),
      ...(['camera sent nothing', 'disk full', 'starting'] as const),
    ],
    inflict: async ({ site }) => {
      const pid = site.daemonPid;
      const open = readdirSync(`/proc/${pid}/fd`).length;
      const prlimit = async (...args: string[]): Promise<string> => {
        const { stdout } = await execa('prlimit', ['--pid', `${pid}`, ...args], { reject: false });
        return stdout;
      };
      const usual = await prlimit('--nofile', '--output=SOFT', '--noheadings');
      if (usual === '') return undefined;
      // The hard limit stays as it is, or only root could raise the soft one again.
      await prlimit(`--nofile=${open}:`);
      return async () => void (await prlimit(`--nofile=${usual.trim()}:`));
    },
  },
];
