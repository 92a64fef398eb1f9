import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { descendants, isAlive } from '../support/processes.ts';
import { type S3Address, type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { eventually } from '../support/until.ts';

const Bucket = 'footage';

const client = (server: S3Address, secretAccessKey = server.secretAccessKey): S3Client =>
  new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey },
  });

describe('the S3 server', () => {
  let directory = '';
  let server: S3Server;
  let s3: S3Client;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-s3-'));
    server = await startS3Server({ directory });
    s3 = client(server);
    await s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  it('gives back what was put', async () => {
    const Body = randomBytes(300_000);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body }));
    const { Body: stored } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b' }));
    assert.deepEqual(Buffer.from((await stored?.transformToByteArray()) ?? []), Body);
  });

  it('refuses a wrong signature', async () => {
    await assert.rejects(
      client(server, 'not the secret').send(new ListObjectsV2Command({ Bucket })),
      { name: 'SignatureDoesNotMatch' },
    );
  });

  it('refuses a body that is not what was signed, and keeps nothing of it', async () => {
    const other = createHash('sha256').update('something else').digest('hex');
    const corrupting = client(server);
    corrupting.middlewareStack.add(
      (next) => (context) => {
        const { request } = context as { request: { headers: Record<string, string> } };
        request.headers['x-amz-content-sha256'] = other;
        return next(context as Parameters<typeof next>[0]);
      },
      { step: 'build', priority: 'low' },
    );
    await assert.rejects(
      corrupting.send(new PutObjectCommand({ Bucket, Key: 'corrupt', Body: 'footage' })),
      { name: 'XAmzContentSHA256Mismatch' },
    );
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'corrupt' }));
    assert.equal(KeyCount, 0);
  });

  it('refuses a body that does not have its checksum', async () => {
    await assert.rejects(
      s3.send(
        new PutObjectCommand({ Bucket, Key: 'corrupt', Body: 'x', ChecksumCRC32: 'AAAAAA==' }),
      ),
      { name: 'BadDigest' },
    );
  });

  it('does not overwrite under If-None-Match', async () => {
    const put = (Body: string) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body, IfNoneMatch: '*' }));
    await put('first');
    await assert.rejects(put('second'), { name: 'PreconditionFailed' });
  });

  it('has its data, secret and port again after a restart', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'lasting', Body: 'footage' }));
    await server.stop();
    assert.ok(!isAlive(server.pid));
    const { endpoint, secretAccessKey } = server;
    server = await startS3Server({ directory, port: Number(new URL(endpoint).port) });
    assert.equal(server.endpoint, endpoint);
    assert.equal(server.secretAccessKey, secretAccessKey);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'lasting' }));
    assert.equal(await Body?.transformToString(), 'footage');
  });

  it('says why it cannot start', async () => {
    const port = Number(new URL(server.endpoint).port);
    await assert.rejects(startS3Server({ directory: join(directory, 'second'), port }), /in use/);
  });

  it('run by itself, ends when asked, and dies with a process that is killed', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const program = join(import.meta.dirname, '../stand-ins/s3-server.ts');
      const alone = spawn(
        process.execPath,
        [program, '--directory', join(directory, `alone-${signal}`)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const ended = once(alone, 'exit');
      const [line] = (await once(createInterface(alone.stdout), 'line')) as [string];
      await client(JSON.parse(line) as S3Address).send(new CreateBucketCommand({ Bucket }));
      const pids = descendants(alone.pid ?? 0).map(({ pid }) => pid);
      assert.ok(pids.length > 0);
      alone.kill(signal);
      const [exitCode] = await ended;
      if (signal === 'SIGTERM') assert.equal(exitCode, 0);
      await eventually('the end of all of it', 5_000, () => !pids.some(isAlive));
    }
  });
});
