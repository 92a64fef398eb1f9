import type { SiteCamera } from '../../support/site.ts';
import { execa } from 'execa';
import { done, type FaultKind, type Heal, type Scene } from '../fault.ts';
import { type ProgramName, programOf, signal } from '../programs.ts';

const place = 'programs';
const atOnce = [0, 0] as const;

async function kill(scene: Scene, camera: SiteCamera, name: ProgramName) {
  const pid = programOf(scene, camera, name);
  return pid !== undefined && signal(pid, 'SIGKILL') ? done : undefined;
}

async function stop(scene: Scene, camera: SiteCamera, name: ProgramName) {
  const pid = programOf(scene, camera, name);
  if (pid === undefined || !signal(pid, 'SIGSTOP')) return undefined;
  return () => void signal(pid, 'SIGCONT');
}

/** Takes from an archiver something that it has of the kernel. */
async function limit(
  scene: Scene,
  camera: SiteCamera,
  resource: string,
): Promise<Heal | undefined> {
  const pid = programOf(scene, camera, 'archiver');
  if (pid === undefined) return undefined;
  const { failed } = await execa('prlimit', ['--pid', `${pid}`, resource], { reject: false });
  return failed ? undefined : () => void signal(pid, 'SIGKILL');
}

/** What befalls the relay and the archiver of a camera. */
export const programFaults: readonly FaultKind[] = [
  {
    name: 'kill -9 of a relay',
    place,
    weight: 8,
    lasts: atOnce,
    causes: ['relay died', 'archiver died', 'starting'],
    inflict: (scene, camera) => kill(scene, camera, 'relay'),
  },
  {
    name: 'kill -9 of an archiver',
    place,
    weight: 8,
    lasts: atOnce,
    causes: ['archiver died', 'starting'],
    inflict: (scene, camera) => kill(scene, camera, 'archiver'),
  },
  {
    name: 'a relay stopped',
    place,
    weight: 4,
    lasts: [1, 15],
    causes: ['stream stalled', 'relay died', 'camera sent nothing', 'starting'],
    inflict: (scene, camera) => stop(scene, camera, 'relay'),
  },
  {
    name: 'an archiver stopped',
    place,
    weight: 4,
    lasts: [1, 15],
    causes: ['stream stalled', 'archiver died', 'starting'],
    inflict: (scene, camera) => stop(scene, camera, 'archiver'),
  },
  {
    name: 'an archiver out of memory',
    place,
    weight: 3,
    lasts: [5, 10],
    causes: ['archiver died', 'stream stalled', 'starting'],
    inflict: (scene, camera) => limit(scene, camera, '--as=1'),
  },
  {
    name: 'an archiver out of file descriptors',
    place,
    weight: 3,
    lasts: [5, 10],
    causes: ['archiver died', 'stream stalled', 'starting'],
    inflict: (scene, camera) => limit(scene, camera, '--nofile=3'),
  },
];
