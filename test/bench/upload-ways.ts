import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { S3Address } from '../stand-ins/s3-server.ts';
import { AnsweringProcess } from './answering-process.ts';
import { findRival } from './rival.ts';
import type { Uploaded, UploaderQuestion } from './uploader-process.ts';

export interface Load {
  readonly files: number;
  readonly bytes: number;
}

/** What brings files to a bucket. */
export interface UploadWay extends AsyncDisposable {
  readonly name: string;
  /** It starts a program for each file, which takes long: so many files will do. */
  readonly atMost?: number;
  upload(load: Load): Promise<Omit<Uploaded, 'stored' | 'proven'>>;
}

export interface Place {
  readonly server: S3Address;
  readonly bucket: string;
  /** A new one. */
  readonly directory: string;
}

const uploadWithinMs = 120_000;

/** Our spool and uploader, in a process of their own. */
export async function ourUploader({ server, bucket, directory }: Place): Promise<UploadWay> {
  await using stack = new AsyncDisposableStack();
  const uploader = stack.use(new AnsweringProcess('uploader-process.ts'));
  const ask = <Answer>(question: UploaderQuestion) =>
    uploader.ask<Answer>(question, uploadWithinMs);
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const store = { endpoint, region, accessKeyId, secretAccessKey, bucket, pathStyle: true };
  await ask({ directory, store });
  const owned = stack.move();
  return {
    name: 'ours',
    upload: async (load) => {
      await ask(load);
      const done = await ask<Uploaded>({ upload: true });
      if (done.stored !== load.files) throw new Error(`stored ${done.stored} of ${load.files}`);
      if (done.proven !== load.files) throw new Error(`${done.proven} proven by a checksum`);
      return done;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Commands that get a directory of files to bring, and the place in the bucket for them. */
interface Program {
  readonly name: string;
  readonly atMost?: number;
  readonly command: (files: string, target: string) => readonly string[];
}

function program({ name, atMost, command }: Program, place: Place): UploadWay {
  const { endpoint, region, accessKeyId, secretAccessKey } = place.server;
  let loads = 0;
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: place.directory,
    RCLONE_CONFIG: join(place.directory, 'rclone.conf'),
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENDPOINT: endpoint,
    RCLONE_CONFIG_S3_REGION: region,
    RCLONE_CONFIG_S3_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: secretAccessKey,
    RCLONE_CONFIG_S3_FORCE_PATH_STYLE: 'true',
    AWS_ENDPOINT: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  mkdirSync(place.directory, { recursive: true });
  writeFileSync(env.RCLONE_CONFIG, '');
  return {
    name,
    atMost,
    upload: async (load) => {
      loads += 1;
      const files = join(place.directory, `load-${loads}`);
      mkdirSync(files);
      for (let file = 0; file < load.files; file += 1) {
        writeFileSync(join(files, `segment-${file}.mp4`), randomBytes(load.bytes));
      }
      const target = `${place.bucket}/${name.replaceAll(/\W+/g, '-')}/${loads}`;
      const { stdout } = await execa(
        'python3',
        [join(import.meta.dirname, 'child-cost.py'), ...command(files, target)],
        { env, extendEnv: false, timeout: uploadWithinMs, stdin: 'ignore' },
      );
      rmSync(files, { recursive: true });
      return JSON.parse(stdout) as Omit<Uploaded, 'stored' | 'proven'>;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** As many at a time as the machine has cores. */
const eachFile = (files: string, command: string): readonly string[] => [
  'sh',
  '-c',
  `find "$1" -type f -print0 | xargs -0 -P 2 -I FILE sh -c "$2" sh FILE`,
  'sh',
  files,
  command,
];

export const rivals = {
  rclone: findRival('/usr/bin/rclone', 'rclone', ['version']),
  aws: findRival('/usr/bin/aws', 'awscli', ['--version']),
};
const { rclone, aws } = rivals;

export const rivalUploaders = (place: Place): readonly UploadWay[] => [
  program(
    {
      name: 'rclone move',
      command: (files, target) => [
        rclone.file,
        'move',
        '--transfers',
        '16',
        '--s3-no-check-bucket',
        files,
        `s3:${target}`,
      ],
    },
    place,
  ),
  program(
    {
      name: 'aws s3 cp --recursive',
      command: (files, target) => [
        aws.file,
        '--endpoint-url',
        place.server.endpoint,
        '--region',
        place.server.region,
        's3',
        'cp',
        '--only-show-errors',
        '--recursive',
        files,
        `s3://${target}`,
      ],
    },
    place,
  ),
  program(
    {
      name: 'rclone for each file',
      atMost: 12,
      command: (files, target) =>
        eachFile(files, `exec ${rclone.file} move --s3-no-check-bucket "$1" s3:${target}`),
    },
    place,
  ),
  program(
    {
      name: 'aws s3 cp for each file',
      atMost: 6,
      command: (files, target) =>
        eachFile(
          files,
          `exec ${aws.file} --endpoint-url ${place.server.endpoint} --region ${place.server.region} s3 cp --only-show-errors "$1" s3://${target}/`,
        ),
    },
    place,
  ),
];
