import { join } from 'node:path';
import type { Fleet } from '../camera/fleet.ts';
import { isRecording } from '../model/camera-status.ts';
import type { Config } from '../config/config.ts';
import { LiveHub } from '../live/live.ts';
import { Exports, type ExportsOptions } from '../footage/exports.ts';
import { FootageSource } from '../footage/source.ts';
import type { WebOptions } from '../web/web.ts';
import { formatAddress } from '../lib/addresses.ts';
import { systemClock } from '../lib/clock.ts';
import { HttpError } from '../lib/http-error.ts';
import { parseCameraName } from '../model/camera-name.ts';
import type { Spool } from '../spool/spool.ts';
import type { ObjectStore } from '../storage/object-store.ts';

// Connects the daemon's parts to the web page and to exports.

const clock = systemClock;

/** The source of footage for the page and for exports. */
export async function footageOf(store: ObjectStore, spool: Spool): Promise<FootageSource> {
  return new FootageSource({
    bucket: store.reader,
    bucketOrigin: await store.origin(),
    findSpooled: (camera, fileName) => spool.find(camera, fileName),
  });
}

/** Stays free beside the spool's reserve, so that an export alone never makes the disk nearly full. */
const freeBesidesBytes = 1e9;

/** Opens the exports, which keep their files in a directory of their own. */
export const openExports = (
  { stateDirectory, archive: { program } }: Config,
  parts: Pick<ExportsOptions, 'ledger' | 'footage' | 'log' | 'version'>,
  fleet: Fleet,
  spool: Pick<Spool, 'disk'>,
): Promise<Exports> =>
  Exports.open({
    ...parts,
    program,
    reserveBytes: () => spool.disk.status.reserveBytes + freeBesidesBytes,
    directory: join(stateDirectory, 'exports'),
    isRecording: (camera) => isRecording(fleet.statuses(), camera),
  });

type WebParts = Omit<
  Required<Pick<WebOptions, 'picturesPausedWhy'>> & WebOptions,
  | 'listen'
  | 'tls'
  | 'publicUrl'
  | 'trustedProxies'
  | 'proxy'
  | 'program'
  | 'live'
  | 'fleet'
  | 'picture'
>;

/** Starts the web page, if the configuration has one. */
export async function serveWeb(
  { console: { web }, archive: { program } }: Config,
  { fleet, ...parts }: WebParts & { readonly fleet: Fleet },
): Promise<AsyncDisposable | undefined> {
  if (web === undefined) return undefined;
  const { startWeb } = await import('../web/web.ts');
  const { log } = parts;
  await using owned = new AsyncDisposableStack();
  const relayUrl = (camera: string): string | undefined => {
    const name = parseCameraName(camera);
    return name && fleet.relayUrl(name);
  };
  const lateMs = (camera: string): number => {
    const name = parseCameraName(camera);
    return name === undefined ? 0 : fleet.lateMs(name);
  };
  const pausedWhy = parts.picturesPausedWhy;
  const live = owned.use(new LiveHub({ relayUrl, lateMs, program, clock, log, pausedWhy }));
  const server = owned.use(
    await startWeb({
      ...web,
      ...parts,
      program,
      live,
      fleet: () => fleet.statuses(),
      picture: async (camera, signal) => {
        const paused = pausedWhy();
        if (paused !== undefined) throw new HttpError(503, paused);
        return await fleet.picture(camera, signal);
      },
    }),
  );
  log.info('serving browsers', {
    address: `${web.tls === undefined ? 'http' : 'https'}://${formatAddress(server.address)}`,
    publicUrl: web.publicUrl,
  });
  return owned.move();
}
