import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type CephServer, startCephServer } from '../stand-ins/s3-server-ceph.ts';
import { descendants, isAlive } from '../support/processes.ts';
import { eventually } from '../support/until.ts';

const Bucket = 'footage';

const client = ({ endpoint, region, accessKeyId }: CephServer, secretAccessKey: string): S3Client =>
  new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  });

describe('the second S3 server, Ceph', () => {
  let directory = '';
  let server: CephServer;
  let s3: S3Client;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-ceph-'));
    server = await startCephServer({ directory });
    s3 = client(server, server.secretAccessKey);
    await s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    const pids = descendants(process.pid).map(({ pid }) => pid);
    await server.stop();
    await rm(directory, { recursive: true });
    assert.ok(pids.length >= 3);
    assert.deepEqual(pids.filter(isAlive), []);
  });

  it('keeps the SHA-256 that it is sent, and refuses what does not have it', async () => {
    const sha256 = createHash('sha256').update('footage').digest('base64');
    const put = (Key: string, Body: string) =>
      s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body,
          ChecksumAlgorithm: 'SHA256',
          ChecksumSHA256: sha256,
        }),
      );
    await assert.rejects(put('wrong', 'foo'));
    await put('right', 'footage');
    const head = await s3.send(
      new HeadObjectCommand({ Bucket, Key: 'right', ChecksumMode: 'ENABLED' }),
    );
    assert.equal(head.ChecksumSHA256, sha256);
  });

  it('lets one of many that put the same at once win under If-None-Match', async () => {
    const puts = await Promise.allSettled(
      Array.from({ length: 8 }, (_, racer) =>
        s3.send(new PutObjectCommand({ Bucket, Key: 'race', Body: `${racer}`, IfNoneMatch: '*' })),
      ),
    );
    const winners = puts.flatMap(({ status }, racer) => (status === 'fulfilled' ? [racer] : []));
    assert.equal(winners.length, 1);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'race' }));
    assert.equal(await Body?.transformToString(), String(winners[0]));
  });

  it('takes another secret while it runs, and the old one no more', async () => {
    const old = server.secretAccessKey;
    await server.rotateSecret();
    const put = (secretAccessKey: string) =>
      client(server, secretAccessKey).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await put(server.secretAccessKey);
    await assert.rejects(put(old), { name: 'SignatureDoesNotMatch' });
  });

  it('dies with a process that is killed', async () => {
    const script = `
      import { startCephServer } from ${JSON.stringify(join(import.meta.dirname, '../stand-ins/s3-server-ceph.ts'))};
      await startCephServer({ directory: ${JSON.stringify(join(directory, 'alone'))} });
      console.log('ready');
      setInterval(() => {}, 60_000);`;
    const alone = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface(alone.stdout), 'line');
    const pids = descendants(alone.pid ?? 0).map(({ pid }) => pid);
    assert.ok(pids.length >= 3);
    alone.kill('SIGKILL');
    await eventually('the end of all of it', 10_000, () => !pids.some(isAlive));
  });
});
