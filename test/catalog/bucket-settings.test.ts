import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { startGoneAudit } from '../../src/catalog/gone.ts';
import { rebuildLedger } from '../../src/catalog/rebuild.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { startCephServer } from '../stand-ins/s3-server-ceph.ts';
import type { S3Server } from '../stand-ins/s3-server.ts';
import { JournaledBucket, keyNumber } from '../support/journaled-bucket.ts';
import { KeptLog } from '../support/kept-log.ts';
import { frontDoor, garden, someTimeMs, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';

const never = new AbortController().signal;
const minute = 60_000;
const day = 24 * 60 * minute;

describe('a bucket of Ceph', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startCephServer({ directory: `${directory.path}/s3` }));
  });
  after(() => resources.disposeAsync());

  /** Three minutes of two cameras, and the ledger's documents written twice. */
  async function filled(
    set: (client: S3Client, bucket: string) => Promise<unknown>,
    withLock = false,
  ) {
    const site = await JournaledBucket.start(s3, 'cctv/', withLock);
    await set(site.bucket.access().client, site.bucket.name);
    site.ledger.accounts.add('bach');
    for (const [number, camera] of [frontDoor, garden].entries()) {
      site.ledger.cameras.add({ ...camera, key: keyNumber(number) });
      for (let at = 0; at < 3; at += 1) await site.putMinute(camera, someTimeMs + at * minute);
      await site.flush();
    }
    return site;
  }

  async function rebuilt({ file, store }: JournaledBucket): Promise<number> {
    const { segments } = await rebuildLedger({ file, bucket: store, version: '1', signal: never });
    return segments;
  }

  it('with versioning is used as any other', async () => {
    await using site = await filled((client, Bucket) =>
      client.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      ),
    );
    await site.store.check(never);
    assert.equal(await rebuilt(site), 6);
    assert.equal((await site.store.abilities(never)).versioning, 'yes');
  });

  it('with Object Lock is used as any other, though nothing can be deleted', async () => {
    await using site = await filled(
      (client, Bucket) =>
        client.send(
          new PutObjectLockConfigurationCommand({
            Bucket,
            ObjectLockConfiguration: {
              ObjectLockEnabled: 'Enabled',
              Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } },
            },
          }),
        ),
      true,
    );
    await site.store.check(never);
    assert.equal(await rebuilt(site), 6);
    assert.equal((await site.store.abilities(never)).objectLock, 'yes');
  });

  it('with a rule that deletes has gaps that name the rule', async () => {
    await using site = await filled((client, Bucket) =>
      client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: {
            Rules: [
              {
                ID: 'tidy',
                Status: 'Enabled',
                Filter: { Prefix: 'cctv/bach/front-door/' },
                Expiration: { Days: 1 },
              },
            ],
          },
        }),
      ),
    );
    await eventually(
      'the rule',
      60_000,
      async () => !(await site.bucket.keys()).some((key) => key.includes('front-door')),
    );
    const log = new KeptLog();
    const { ledger, store } = site;
    const clock = { ...systemClock, wallNow: () => Date.now() + 2 * day };
    await using audit = startGoneAudit({ ledger, store, log, clock, retryMs: 10, firstAfterMs: 0 });
    await eventually('the audit', 20_000, () => audit.found !== undefined);
    assert.equal(audit.found?.segments, 3);
    assert.equal(audit.found.detail, `the bucket's rule "tidy" deletes objects after 1 days`);
  });
});
