import * as z from 'zod';
import { defaultControlSocket, defaultRegion } from './places.ts';
import { alerts } from './alerts-schema.ts';
import { bucketCredentialsSchema } from './credentials-schema.ts';
import {
  domainName,
  gigabytes,
  httpAddress,
  label,
  list,
  listenAddress,
  network,
  oneOf,
  percent,
  section,
  text,
  wholeNumber,
  yesOrNo,
} from './fields.ts';

/** Holds the data that the daemon must not lose, and the service's last good configuration. */
export const defaultStateDirectory = '/var/lib/sapiengraph-cctv';

const secondsOfADay = 86_400;

// The prefix is part of object keys; some stores and tools normalise empty or dotted parts to another key.
const keyPrefix = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/;

const bucket = section({
  name: text('the name of the bucket that footage goes to'),
  endpoint: httpAddress().optional(),
  region: text('the name of a region').default(defaultRegion),
  pathStyle: yesOrNo().optional(),
  prefix: z
    .string({ error: () => 'must be text' })
    .transform((prefix) => (prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`))
    .refine((prefix) => keyPrefix.test(prefix), {
      error: () => 'must be parts of A-Z, a-z, 0-9, ".", "_" and "-" with "/" between them',
    })
    .default(''),
  credentials: bucketCredentialsSchema.prefault({}),
  readBackPercent: percent().default(1),
});

const spool = section({
  budgetGigabytes: gigabytes().optional(),
  reserveGigabytes: gigabytes().optional(),
  whenFull: oneOf('keep-newest', 'keep-oldest').default('keep-newest'),
});

const tunnel = section({
  listen: listenAddress().prefault('0.0.0.0:2222'),
  algorithms: oneOf('default', 'legacy').default('default'),
  loginGraceSeconds: wholeNumber(1, 600).default(20),
  maxUnauthenticated: wholeNumber(1, 10_000).default(200),
  maxUnauthenticatedPerAddress: wholeNumber(1, 10_000).default(100),
  hostKeyFile: text('the path of a file').optional(),
  nextHostKeyFile: text('the path of a file').optional(),
});

const relay = section({
  program: text('the path or name of live555ProxyServer').optional(),
  preload: text('the path of loopback-only.so').optional(),
});

const archive = section({
  program: text('the path or name of ffmpeg').default('ffmpeg'),
  segmentSeconds: wholeNumber(2, 3600)
    .refine((seconds) => secondsOfADay % seconds === 0, {
      error: () =>
        'must divide a day (86400 s), so that segments begin at the same times each day: 10, 30, 60, 120, 300, 600 …',
    })
    .default(60),
  profile: oneOf('downsample', 'copy').default('downsample'),
  downsample: section({
    maxWidth: wholeNumber(64, 7680)
      .refine((width) => width % 2 === 0, { error: () => 'must be an even number' })
      .default(640),
    framesPerSecond: wholeNumber(1, 60).default(10),
    crf: wholeNumber(0, 51).default(28),
    preset: oneOf('ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium').default(
      'superfast',
    ),
    audioKilobitsPerSecond: wholeNumber(8, 512).default(32),
  }).prefault({}),
  stallSeconds: wholeNumber(2, 600).default(8),
});

const gateway = section({
  listen: listenAddress().optional(),
  tls: section({
    listen: listenAddress().prefault('0.0.0.0:322'),
    certificateFile: text('the path of a file'),
    keyFile: text('the path of a file'),
  }).optional(),
  domain: domainName().optional(),
  basicWithoutTls: yesOrNo().default(false),
  maxViewers: wholeNumber(1, 100_000).default(500),
  maxViewersPerAccount: wholeNumber(1, 100_000).default(50),
  maxViewersPerAddress: wholeNumber(1, 100_000).default(50),
}).refine(({ listen, tls }) => listen !== undefined || tls !== undefined, {
  error: () => 'must say where viewers connect: give listen, or tls, or both',
});

const web = section({
  listen: listenAddress().prefault('127.0.0.1:8080'),
  tls: section({
    certificateFile: text('the path of a file'),
    keyFile: text('the path of a file'),
  }).optional(),
  publicUrl: httpAddress()
    .transform((url) => url.replace(/\/$/, ''))
    .refine((url) => URL.parse(url)?.origin === url, {
      error: () => 'must be an address without a path, such as https://cctv.example.com',
    })
    .optional(),
  trustedProxies: list(network(), 'a list of addresses or networks').default([]),
  proxy: yesOrNo().default(false),
});

const processor = section({
  name: label(),
  command: list(text('text'), 'a list: the program, then its arguments', 1),
});

const control = section({
  socket: text('the path of a socket').default(defaultControlSocket),
  group: text('the name of a group').optional(),
});

const metrics = section({ listen: listenAddress().prefault('127.0.0.1:9464') });

const log = section({
  format: oneOf('people', 'json').default('people'),
  level: oneOf('error', 'warn', 'info', 'debug').default('info'),
});

/** The options of the configuration file, with paths and secrets still unresolved. */
export const fileSchema = section({
  stateDirectory: text('the path of a directory').default(defaultStateDirectory),
  spoolDirectory: text('the path of a directory').optional(),
  ledgerFile: text('the path of a file').optional(),
  rebuildLedger: yesOrNo().default(false),
  spool: spool.prefault({}),
  bucket,
  tunnel: tunnel.prefault({}),
  relay: relay.prefault({}),
  archive: archive.prefault({}),
  gateway: gateway.optional(),
  console: section({ web: web.optional() }).prefault({}),
  alerts: alerts.optional(),
  processors: list(processor, 'a list of processors, each with name and command')
    .superRefine((processors, context) => {
      for (const [index, { name }] of processors.entries()) {
        if (processors.findIndex((other) => other.name === name) === index) continue;
        const message = 'is the name of another processor too; give each its own';
        context.addIssue({ code: 'custom', path: [index, 'name'], message });
      }
    })
    .default([]),
  control: control.prefault({}),
  metrics: metrics.optional(),
  log: log.prefault({}),
});

export type FileConfig = z.output<typeof fileSchema>;
