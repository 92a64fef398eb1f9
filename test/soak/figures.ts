/** What is measured again and again, and how much of it is no leak. */
export interface Figure {
  readonly words: string;
  readonly unit: 'MB' | 'ms' | '%' | '';
  /** In an hour, with as many cameras connected; undefined: it is only shown. */
  readonly mayGrow?: number;
  /** It is judged only after so many hours, if that is longer than the warm-up. */
  readonly settlesHours?: number;
  /**
   * What may be left more of it whenever all cameras and viewers have gone than the first times;
   * undefined: it is not compared then.
   */
  readonly mayRemain?: number;
}

/** Memory is let go of when V8 likes to, so it is judged by its trend alone. */
const memory = { unit: 'MB', mayGrow: 5 } as const;
const counted = { unit: '', mayGrow: 3, mayRemain: 0 } as const;
/** Idle connections to the store are kept for the next uploads, as many as there were at a time. */
const withIdleConnections = { ...counted, mayRemain: 10 } as const;

export const figures = {
  // V8 reserves its young generation early, and touches its last page only after most of an hour.
  rss: { words: 'memory, resident', ...memory, settlesHours: 1 },
  young: { words: 'memory, young generation', unit: 'MB' },
  old: { words: 'memory, old generation', ...memory },
  heap: { words: 'memory, heap used', ...memory, settlesHours: 1 },
  external: { words: 'memory, buffers', ...memory },
  sockets: { words: 'descriptors: sockets', ...withIdleConnections },
  pipes: { words: 'descriptors: pipes', ...counted },
  files: { words: 'descriptors: files', ...counted },
  otherDescriptors: { words: 'descriptors: others', ...counted },
  threads: { words: 'threads', ...counted },
  relays: { words: 'children: live555ProxyServer', ...counted },
  ffmpegs: { words: 'children: ffmpeg', ...counted },
  otherChildren: { words: 'children: others', ...counted },
  zombies: { words: 'children not reaped', ...counted },
  listening: { words: 'ports listening, daemon', ...counted },
  established: { words: 'ports established, daemon', ...withIdleConnections },
  childrenListening: { words: 'ports listening, children', ...counted },
  childrenEstablished: { words: 'ports established, children', ...counted },
  inotifyWatches: { words: 'inotify watches', ...counted },
  timers: { words: 'timers', ...counted, mayRemain: 3 },
  resources: { words: 'resources that keep it alive', ...withIdleConnections },
  spoolFiles: { words: 'spool: files', ...counted },
  spoolDirectories: { words: 'spool: directories', ...counted },
  spoolMegabytes: { words: 'spool: size', unit: 'MB', mayGrow: 1, mayRemain: 0.1 },
  stateFiles: { words: 'other files of its state', ...counted },
  ledgerMegabytes: { words: 'ledger', unit: 'MB' },
  walMegabytes: { words: 'ledger: write-ahead log', unit: 'MB', mayGrow: 1 },
  loopDelay: { words: 'event loop delay, p99', unit: 'ms', mayGrow: 20 },
  processor: { words: 'processor, daemon', unit: '%', mayGrow: 3 },
  processorOfAll: { words: 'processor, all of this run', unit: '%' },
  warnings: { words: 'log lines a minute: warn, error', unit: '' },
  lines: { words: 'log lines a minute', unit: '' },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof figures;
export const figureNames = Object.keys(figures) as FigureName[];

export interface Sample {
  /** Since the start. */
  readonly hours: number;
  /** Tunnels, and viewers of all kinds, which the figures depend on. */
  readonly cameras: number;
  readonly viewers: number;
  /** All cameras and viewers had gone, and all was stored. */
  readonly isEbb: boolean;
  readonly values: Readonly<Record<FigureName, number>>;
}
