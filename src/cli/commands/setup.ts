import { type Command, Option } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { probeBucket, type ProbeStep } from '../../daemon.ts';
import { OperatorError } from '../../lib/errors.ts';
import { createLog } from '../../lib/log.ts';
import { ask, type Question } from '../ask.ts';
import { print } from '../context.ts';
import { UsageError } from '../errors.ts';
import { readPasswordFile } from '../files.ts';
import { type BucketAnswers, credentialsDirectoryOf, writeSetup } from '../setup-files.ts';
import { onStopSignals } from '../signals.ts';

interface Options {
  readonly config: string;
  readonly bucket?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly prefix?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKeyFile?: string;
  readonly test: boolean;
}

const defaultRegion = 'us-east-1';

const meanings: Readonly<Record<ProbeStep['right'], string>> = {
  put: 'store an object',
  head: 'ask what it holds',
  get: 'read it back',
  list: 'list objects',
  delete: 'delete it again',
};

export function addSetupCommand(program: Command): void {
  program
    .command('setup')
    .description(
      'ask for the bucket, try it, and write the configuration. Without a terminal, --bucket, --access-key-id and --secret-access-key-file must be given.',
    )
    .option('--bucket <name>', 'the bucket that footage goes to; it must exist')
    .option('--endpoint <url>', "of an S3-compatible store; Amazon's own unless given")
    .option('--region <name>', `the bucket's region (default: ${defaultRegion})`)
    .option('--prefix <text>', 'put before the key of each object, as shop-3/')
    .option('--access-key-id <id>', "of the bucket's key")
    .option(
      '--secret-access-key-file <file>',
      'a file with its secret part, or - for standard input',
    )
    .addOption(new Option('--no-test', 'write the configuration without trying the bucket'))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const answers = await gather(options);
      if (options.test) await tryBucket(answers);
      writeSetup(options.config, answers);
      // What else may be wrong in a file that was there before.
      loadConfig(options.config, {
        CREDENTIALS_DIRECTORY: credentialsDirectoryOf(options.config),
        PATH: process.env['PATH'],
      });
      print([
        `${options.config} is written, and the bucket's keys, for root alone, in ${credentialsDirectoryOf(options.config)}.`,
        'A service that waited for it starts by itself; otherwise: systemctl restart sapiengraph-cctv',
        'Then see: cctv status',
      ]);
    });
}

async function gather(options: Options): Promise<BucketAnswers> {
  const given = async (value: string | undefined, flag: string, question: Question) => {
    if (value !== undefined) return value;
    if (process.stdin.isTTY && options.secretAccessKeyFile !== '-') return await ask(question);
    if (question.otherwise !== undefined) return question.otherwise;
    throw new UsageError(`There is no terminal to ask at: give ${flag}.`);
  };
  const name = await given(options.bucket, '--bucket', { words: 'Name of the bucket' });
  const endpoint = await given(options.endpoint, '--endpoint', {
    words: 'Address of the store, as https://s3.example.net (empty: Amazon S3)',
    otherwise: '',
  });
  const region = await given(options.region, '--region', {
    words: 'Region',
    otherwise: defaultRegion,
  });
  const accessKeyId = await given(options.accessKeyId, '--access-key-id', {
    words: 'Access key ID',
  });
  const secretAccessKey =
    options.secretAccessKeyFile === undefined
      ? await given(undefined, '--secret-access-key-file', {
          words: 'Secret access key (not shown)',
          secret: true,
        })
      : await readPasswordFile(options.secretAccessKeyFile);
  if (endpoint !== '' && !URL.canParse(endpoint)) {
    throw new UsageError(`"${endpoint}" is no address of a store: write https://HOST[:PORT].`);
  }
  const prefix = options.prefix ?? '';
  return {
    name,
    region,
    accessKeyId,
    secretAccessKey,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    ...(endpoint === '' ? {} : { endpoint }),
  };
}

async function tryBucket(answers: BucketAnswers): Promise<void> {
  using stop = onStopSignals();
  const steps = await probeBucket(
    {
      ...answers,
      bucket: answers.name,
      pathStyle: answers.endpoint !== undefined,
      log: createLog({ format: 'people', level: 'error', stream: process.stderr }),
    },
    stop.signal,
  );
  for (const { right, problem } of steps) {
    print([`  ${problem === undefined ? 'ok    ' : 'FAILED'}  ${meanings[right]}`]);
  }
  const failed = steps.find(({ problem }) => problem !== undefined);
  if (failed?.right === 'delete') {
    print([
      'The key may not delete, which is as it should be; a small object stays as _ledger/probe.',
    ]);
  } else if (failed !== undefined) {
    throw new OperatorError(`${failed.problem} Nothing was written.`);
  }
}
