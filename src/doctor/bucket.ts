import type { Config } from '../config/config.ts';
import { silentLog } from '../lib/log.ts';
import type { Abilities, Ability } from '../storage/abilities.ts';
import type { LifecycleRule } from '../storage/lifecycle.ts';
import { createObjectStore } from '../storage/object-store.ts';
import type { Findings } from './finding.ts';

export async function checkBucket(
  { bucket }: Config,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { credentials, name } = bucket;
  if (credentials?.accessKeyId === '' || credentials?.secretAccessKey === '') {
    found.unseen(
      `The bucket ${name}: its keys can't be read`,
      'Run it as the user that the daemon runs as, or with sudo',
    );
    return;
  }
  using store = createObjectStore({ ...bucket, ...credentials, bucket: name, log: silentLog });
  let isUsable = true;
  for (const { right, problem } of await store.probe(signal)) {
    if (problem === undefined) found.ok(`The bucket ${name} lets us ${right} objects`);
    else if (right === 'delete') {
      found.ok(`The bucket ${name} lets us delete nothing, which is not needed; the probe stays`);
    } else {
      isUsable = false;
      found.problem(
        `The bucket ${name} does not let us ${right} objects: ${problem}`,
        rightsAdvice,
      );
    }
  }
  if (isUsable) describeAbilities(await store.abilities(signal), found);
}

const rightsAdvice =
  'The key must be allowed s3:PutObject, s3:GetObject and s3:ListBucket (and s3:AbortMultipartUpload, s3:ListBucketMultipartUploads)';

const answers: Readonly<Record<Ability, string>> = {
  yes: 'yes',
  no: 'no',
  ignored: 'said yes, and ignored',
  hidden: 'the key may not ask',
  unknown: 'not known',
};

const proofs: Readonly<Record<Abilities['proof'], string>> = {
  sha256: 'by SHA-256',
  'md5-etag': 'by MD5',
  'read-back': 'by nothing, so each segment is read back',
  none: 'by nothing',
};

function describeAbilities(abilities: Abilities, found: Findings): void {
  found.ok(`The store confirms what it holds ${proofs[abilities.proof]}`);
  const list = Object.entries({
    'checksum headers': abilities.checksums,
    'refuses damaged bodies': abilities.refusesDamaged,
    'If-None-Match': abilities.ifNoneMatch,
    'If-Match': abilities.ifMatch,
    multipart: abilities.multipart,
    versioning: abilities.versioning,
    'Object Lock': abilities.objectLock,
    CORS: abilities.cors,
  }).map(([what, ability]) => `${what}: ${answers[ability]}`);
  found.ok(`What the store can do: ${list.join('; ')}`);
  if (abilities.refusesDamaged === 'ignored') {
    found.warning(
      'The store takes bodies that arrive damaged',
      'Nothing is lost, since each segment is proven afterwards; a store that checks is better',
    );
  }
  describeLifecycle(abilities.lifecycle, found);
}

function describeLifecycle(rules: readonly LifecycleRule[] | undefined, found: Findings): void {
  if (rules === undefined) {
    found.unseen(
      'Whether the bucket has rules that delete footage',
      'Allow the key s3:GetLifecycleConfiguration',
    );
    return;
  }
  if (rules.length === 0) found.ok('No rule of the bucket deletes footage');
  for (const { name, prefix, isPartial, deletes, archives } of rules) {
    const which = `${isPartial ? 'some' : 'all'} objects below ${prefix === '' ? 'the bucket' : prefix}`;
    if (deletes !== undefined) {
      found.warning(
        `The bucket's rule "${name}" deletes ${which} ${deletes}`,
        'Footage that it deletes is noted as missing, with this cause. If that is not wanted, remove the rule',
      );
    }
    if (archives !== undefined) {
      found.warning(
        `The bucket's rule "${name}" moves ${which} to ${archives}`,
        'Footage can not be played from there until it is restored. Choose another class',
      );
    }
  }
}
