import type { FaultKind } from '../fault.ts';
import { signal } from '../programs.ts';

/** What holds up all at once, as a machine that is suspended does. */
export const freezeFaults: readonly FaultKind[] = [
  {
    name: 'a daemon that is stopped for long',
    place: 'daemon',
    weight: 2,
    lasts: [5, 40],
    causes: [
      ...(['server stood still', 'stream stalled', 'camera offline'] as const),
      ...(['camera sent nothing', 'archiver died', 'relay died', 'starting'] as const),
    ],
    inflict: async ({ site }) => {
      const pid = site.daemonPid;
      return signal(pid, 'SIGSTOP') ? () => void signal(pid, 'SIGCONT') : undefined;
    },
  },
  {
    name: 'a freeze of all',
    place: 'daemon',
    weight: 2,
    lasts: [5, 40],
    causes: [
      ...(['server stood still', 'stream stalled', 'camera offline'] as const),
      ...(['camera sent nothing', 'archiver died', 'relay died', 'starting'] as const),
    ],
    inflict: async ({ site, cameras }) => {
      const daemon = site.daemonPid;
      if (!signal(daemon, 'SIGSTOP')) return undefined;
      const pids = [
        ...site.children().map(({ pid }) => pid),
        ...cameras.flatMap(({ clients }) => clients.flatMap(({ pid }) => pid ?? [])),
      ].filter((pid) => signal(pid, 'SIGSTOP'));
      for (const { rtsp } of cameras) rtsp.freeze();
      return () => {
        for (const { rtsp } of cameras) rtsp.thaw();
        for (const pid of [...pids, daemon]) signal(pid, 'SIGCONT');
      };
    },
  },
];
