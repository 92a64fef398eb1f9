import { createHash } from 'node:crypto';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { parseSegmentFileName } from '../../src/model/segment-name.ts';
import type { FrameStamp } from '../stand-ins/rtsp/frame-stamp.ts';
import { storedPictures } from './stored-pictures.ts';

/** A segment, read back from the bucket. */
export interface ReadSegment {
  readonly key: string;
  /** `account/camera`, by its key. */
  readonly camera: string;
  /** By its key: SHA-256 and all, the same name that it had in the spool. */
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly pictures: readonly FrameStamp[];
}

export interface ReadBucket {
  readonly segments: readonly ReadSegment[];
  /** Objects that are not what they are called, or can't be read. */
  readonly corrupt: readonly string[];
}

/** What the daemon keeps in the bucket beside footage. */
const notFootage = /^_/;

/** Keys of all segments in a bucket. */
export async function listSegments(client: S3Client, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    keys.push(...Contents.flatMap(({ Key }) => Key ?? []).filter((key) => !notFootage.test(key)));
  }
  return keys;
}

/** Reads and checks all that is in a bucket. */
export async function readBucket(client: S3Client, bucket: string): Promise<ReadBucket> {
  const segments: ReadSegment[] = [];
  const corrupt: string[] = [];
  for (const key of await listSegments(client, bucket)) {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body === undefined) throw new Error('it has no body');
      segments.push(readSegment(key, Buffer.from(await Body.transformToByteArray())));
    } catch (error) {
      corrupt.push(`${key}: ${String(error)}`);
    }
  }
  return { segments, corrupt };
}

function readSegment(key: string, file: Buffer): ReadSegment {
  const [account = '', camera = '', , , , name = ''] = key.split('/');
  const identity = parseSegmentFileName({ account, camera }, name);
  if (identity === undefined) throw new Error('it has not the name of a segment');
  if (createHash('sha256').update(file).digest('hex') !== identity.sha256) {
    throw new Error('it is not what its name says');
  }
  const { startMs, durationMs } = identity;
  const pictures = storedPictures(file);
  if (pictures.length === 0) throw new Error('there is no picture in it');
  return {
    key,
    camera: `${account}/${camera}`,
    name,
    startMs,
    endMs: startMs + durationMs,
    pictures,
  };
}
