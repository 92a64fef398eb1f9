import type { ArchiverOptions } from '../archive/archiver.ts';
import type { Profile } from '../archive/profile.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../lib/log.ts';
import type { ProfileName } from '../model/camera.ts';
import type { ObjectStoreOptions } from '../storage/object-store.ts';

// Converts the configuration to the options of each part.

const firstPictureWithinMs = 15_000;

export function tunnelOptions({ tunnel }: Config) {
  const { loginGraceSeconds, ...options } = tunnel;
  return { ...options, loginGraceMs: loginGraceSeconds * 1_000 };
}

export const storeOptions = (config: Config, log: Log): ObjectStoreOptions => ({
  ...config.bucket,
  ...config.bucket.credentials,
  bucket: config.bucket.name,
  log,
});

export function archiverOptions(
  config: Config,
  profile: ProfileName,
): Pick<ArchiverOptions, 'profile' | 'program' | 'segmentSeconds' | 'stallAfterMs'> & {
  readonly firstPictureWithinMs: number;
} {
  const { program, segmentSeconds, stallSeconds } = config.archive;
  return {
    profile: profileOf(config, profile),
    program,
    segmentSeconds,
    stallAfterMs: stallSeconds * 1_000,
    firstPictureWithinMs,
  };
}

function profileOf({ archive: { downsample } }: Config, kind: ProfileName): Profile {
  if (kind === 'copy') return { kind };
  return { kind, ...downsample, audioBitsPerSecond: downsample.audioKilobitsPerSecond * 1_000 };
}

export const viewerLimitOptions = [
  'gateway.maxViewers',
  'gateway.maxViewersPerAccount',
  'gateway.maxViewersPerAddress',
];

export const viewerLimits = (given: NonNullable<Config['gateway']>) => ({
  viewers: given.maxViewers,
  viewersPerAccount: given.maxViewersPerAccount,
  viewersPerAddress: given.maxViewersPerAddress,
});
