import { section, text } from './fields.ts';

/** The access keys of an AWS-compatible service. */
export const credentialsSchema = section({
  accessKeyId: text('text').optional(),
  accessKeyIdFile: text('the path of a file').optional(),
  secretAccessKey: text('text').optional(),
  secretAccessKeyFile: text('the path of a file').optional(),
});

/** The access keys of a bucket, which may be temporary. */
export const bucketCredentialsSchema = credentialsSchema.extend({
  sessionToken: text('text').optional(),
  sessionTokenFile: text('the path of a file').optional(),
});
