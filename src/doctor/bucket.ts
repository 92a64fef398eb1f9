import type { Config } from '../config/config.ts';
import { silentLog } from '../lib/log.ts';
import { probeBucket } from '../storage/probe.ts';
import type { Findings } from './finding.ts';

export async function checkBucket(
  { bucket }: Config,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { credentials, name } = bucket;
  if (credentials.accessKeyId === '' || credentials.secretAccessKey === '') {
    found.unseen(
      `The bucket ${name}: its keys can't be read`,
      'Run it as the user that the daemon runs as, or with sudo',
    );
    return;
  }
  const options = { ...bucket, ...credentials, bucket: name, log: silentLog };
  for (const { right, problem } of await probeBucket(options, signal)) {
    if (problem === undefined) found.ok(`The bucket ${name} lets us ${right} objects`);
    else if (right === 'delete') {
      found.ok(`The bucket ${name} lets us delete nothing, which is not needed; the probe stays`);
    } else {
      found.problem(
        `The bucket ${name} does not let us ${right} objects: ${problem}`,
        rightsAdvice,
      );
    }
  }
}

const rightsAdvice =
  'The key must be allowed s3:PutObject, s3:GetObject and s3:ListBucket (and s3:AbortMultipartUpload, s3:ListBucketMultipartUploads)';
