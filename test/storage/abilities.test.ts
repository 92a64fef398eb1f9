import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { checkBucket } from '../../src/doctor/bucket.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Finding, look } from '../../src/doctor/finding.ts';
import type { Abilities } from '../../src/storage/abilities.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import type { S3Address } from '../stand-ins/s3-server.ts';
import { s3Kinds, TestBucket } from '../support/bucket.ts';
import { type Oddities, OddStore } from '../support/odd-store.ts';
import { temporaryDirectory } from '../support/segments.ts';

const never = new AbortController().signal;

async function abilitiesOf(oddities: Oddities): Promise<Abilities> {
  await using odd = await OddStore.start(oddities);
  using store = createObjectStore(odd.options({ prefix: 'cctv/' }));
  const found = await store.abilities(never);
  assert.equal(odd.objects.size, 0, 'the test object stayed');
  return found;
}

/** What `cctv doctor` says of a bucket. */
async function examined(address: S3Address, bucket: string): Promise<readonly Finding[]> {
  const { endpoint, region } = address;
  const source = JSON.stringify({ bucket: { name: bucket, endpoint, region } });
  const config = loadConfig(
    '/etc/x.yaml',
    {
      CCTV_BUCKET_ACCESS_KEY_ID: address.accessKeyId,
      CCTV_BUCKET_SECRET_ACCESS_KEY: address.secretAccessKey,
    },
    source,
  );
  return await look('bucket', (found, signal) => checkBucket(config, found, signal), never);
}

const rule = (words: string) =>
  `<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status>${words}</Rule></LifecycleConfiguration>`;

describe('what a store can do', () => {
  it('is found out by trying', async () => {
    const settings = {
      versioning: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
      cors: '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>',
      'object-lock':
        '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>',
    };
    assert.deepEqual(await abilitiesOf({ keepsSha256: true, settings }), {
      proof: 'sha256',
      checksums: 'yes',
      // This store compares no hashes.
      refusesDamaged: 'ignored',
      ifNoneMatch: 'yes',
      ifMatch: 'yes',
      multipart: 'yes',
      versioning: 'yes',
      objectLock: 'yes',
      cors: 'yes',
      lifecycle: [],
    });
  });

  it('is less where headers are refused or ignored, and the key may not ask', async () => {
    const found = await abilitiesOf({
      refusedHeaders: /^x-amz-(sdk-)?checksum/,
      ignoresConditions: true,
      etag: 'opaque',
      refuse: ({ method, key, query }) => {
        if (method === 'POST') return { status: 501, code: 'NotImplemented' };
        const isSetting = key === '' && !query.has('list-type');
        return isSetting ? { status: 403, code: 'AccessDenied' } : undefined;
      },
    });
    assert.deepEqual(found, {
      proof: 'read-back',
      checksums: 'no',
      refusesDamaged: 'ignored',
      ifNoneMatch: 'ignored',
      ifMatch: 'ignored',
      multipart: 'no',
      versioning: 'hidden',
      objectLock: 'hidden',
      cors: 'hidden',
      lifecycle: undefined,
    });
  });

  it('includes rules that delete or hide objects of ours, and no others', async () => {
    const rules = async (words: string) =>
      (await abilitiesOf({ settings: { lifecycle: rule(words) } })).lifecycle;
    const expire = '<Expiration><Days>30</Days></Expiration>';
    assert.deepEqual(await rules(`<Filter><Prefix>cctv/bach/</Prefix></Filter>${expire}`), [
      {
        name: 'old',
        prefix: 'cctv/bach/',
        isPartial: false,
        deletes: 'after 30 days',
        deletesAfterDays: 30,
        archives: undefined,
      },
    ]);
    assert.equal((await rules(`<Filter></Filter>${expire}`))?.[0]?.prefix, '');
    assert.deepEqual(await rules(`<Filter><Prefix>logs/</Prefix></Filter>${expire}`), []);
    const later =
      '<Transition><Days>9</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>';
    assert.equal(
      (await rules(`<Prefix></Prefix>${later}`))?.[0]?.archives,
      'DEEP_ARCHIVE after 9 days',
    );
    const abort =
      '<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>';
    assert.deepEqual(await rules(`<Filter></Filter>${abort}`), []);
  });

  for (const kind of s3Kinds) {
    it(`is told by cctv doctor, with the rules of the bucket: ${kind.name}`, async () => {
      await using directory = await temporaryDirectory();
      await using s3 = await kind.start({ directory: directory.path });
      using bucket = await TestBucket.create(s3);
      const texts = (await examined(s3, bucket.name)).map(({ text }) => text).join('\n');
      assert.match(texts, kind.name === 'Ceph' ? /holds by SHA-256/ : /holds by MD5/);
      assert.match(texts, /checksum headers: yes; refuses damaged bodies: yes; If-None-Match: yes/);
      assert.match(texts, /No rule of the bucket deletes footage/);
      assert.deepEqual(await bucket.keys(), []);
      if (kind.name !== 'Ceph') return;
      await bucket.access().client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: bucket.name,
          LifecycleConfiguration: {
            Rules: [
              { ID: 'tidy', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 30 } },
            ],
          },
        }),
      );
      const warning = (await examined(s3, bucket.name)).find(
        ({ severity }) => severity === 'warning',
      );
      assert.match(warning?.text ?? '', /"tidy" deletes all objects .* after 30 days/);
    });
  }
});
