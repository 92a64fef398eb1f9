import { section, text } from './fields.ts';

/** The keys of something of Amazon's or like it. */
export const credentialsSchema = section({
  accessKeyId: text('text').optional(),
  accessKeyIdFile: text('the path of a file').optional(),
  secretAccessKey: text('text').optional(),
  secretAccessKeyFile: text('the path of a file').optional(),
});
