import { setTimeout as delay } from 'node:timers/promises';
import { done, type FaultKind } from '../fault.ts';
import { signal } from '../programs.ts';

/** What befalls the camera itself, and the network between it and us. */
export const cameraFaults: readonly FaultKind[] = [
  {
    name: 'a camera that stalls',
    place: 'camera',
    weight: 6,
    lasts: [1, 15],
    causes: ['stream stalled', 'camera sent nothing', 'starting'],
    inflict: async (_, { rtsp }) => {
      rtsp.stall();
      return () => rtsp.resume();
    },
  },
  {
    name: 'an RTSP server that is stopped',
    place: 'camera',
    weight: 6,
    lasts: [1, 15],
    causes: ['stream stalled', 'camera sent nothing', 'starting'],
    inflict: async (_, { rtsp }) => {
      rtsp.freeze();
      return () => rtsp.thaw();
    },
  },
  {
    name: 'an RTSP server that is restarted',
    place: 'camera',
    weight: 6,
    lasts: [0.1, 8],
    causes: ['stream stalled', 'camera sent nothing', 'starting'],
    inflict: async (_, { rtsp }) => {
      await rtsp.refuse();
      return () => rtsp.listen();
    },
  },
  {
    name: 'an RTSP server that resets its connections',
    place: 'camera',
    weight: 4,
    lasts: [0, 0],
    causes: ['stream stalled', 'camera sent nothing', 'starting'],
    inflict: async (_, { rtsp }) => {
      if (rtsp.playing === 0) return undefined;
      rtsp.dropClients();
      return done;
    },
  },
  {
    name: 'kill -9 of dbclient',
    place: 'tunnel',
    weight: 8,
    lasts: [0, 0],
    causes: ['camera offline', 'starting'],
    inflict: async (_, camera) => {
      if (camera.clients.length === 0) return undefined;
      camera.killClients();
      return done;
    },
  },
  {
    name: 'a network that is cut without a word',
    place: 'tunnel',
    weight: 6,
    lasts: [2, 25],
    causes: ['camera offline', 'stream stalled', 'camera sent nothing', 'starting'],
    inflict: async (_, { clients }, chance) => {
      const pids = clients.flatMap(({ pid }) => pid ?? []);
      if (pids.filter((pid) => signal(pid, 'SIGSTOP')).length === 0) return undefined;
      // Comes back as it was, or the camera has been switched off and on.
      const end = chance < 0.5 ? 'SIGCONT' : 'SIGKILL';
      return () => pids.forEach((pid) => signal(pid, end));
    },
  },
  {
    name: 'a second dial-in',
    place: 'tunnel',
    weight: 4,
    lasts: [3, 10],
    causes: ['camera offline', 'starting'],
    inflict: async (_, camera, chance) => {
      const second = camera.dial();
      await delay(chance * 1_000);
      return () => void second.kill('SIGKILL');
    },
  },
];
