import { loadConfig } from '../config/load.ts';
import { defaultRegion } from '../config/places.ts';
import { createObjectStore } from '../storage/object-store.ts';
import type { ProbeStep } from '../storage/probe.ts';
import { OperatorError } from '../lib/errors.ts';
import { createLog } from '../lib/log.ts';
import { ask, type Question } from './ask.ts';
import { confirm } from './confirm.ts';
import { print } from './context.ts';
import { UsageError } from './errors.ts';
import { readPasswordFile } from './files.ts';
import { bucketOf, type BucketAnswers, credentialsDirectoryOf, writeSetup } from './setup-files.ts';
import { onStopSignals } from './signals.ts';

const meanings: Readonly<Record<ProbeStep['right'], string>> = {
  put: 'store an object',
  head: 'ask what it holds',
  get: 'read it back',
  list: 'list objects',
  delete: 'delete it again',
};

export interface SetupOptions {
  readonly config: string;
  readonly bucket?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly prefix?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKeyFile?: string;
  readonly test: boolean;
  readonly yes?: true;
}

/** `cctvd setup` */
export async function runSetup(options: SetupOptions): Promise<void> {
  const before = bucketOf(options.config);
  if (before !== undefined && options.yes !== true) {
    const there = `${options.config} names the bucket ${before}. Replace that?`;
    if (!(await confirm(there))) throw new OperatorError('Nothing was changed.');
  }
  writeSetup(options.config, await gatherUsable(options));
  // An existing configuration may have other problems: report them.
  loadConfig(options.config, {
    CREDENTIALS_DIRECTORY: credentialsDirectoryOf(options.config),
    PATH: process.env['PATH'],
  });
  print([
    `${options.config} is written, and the bucket's keys, for root alone, in ${credentialsDirectoryOf(options.config)}.`,
    'A service that waited for it starts by itself; otherwise: systemctl restart sapiengraph-cctv',
    'Then see: cctv status',
  ]);
}

/** Asks until the bucket works. Tries only once if nothing was asked at the terminal. */
async function gatherUsable(options: SetupOptions): Promise<BucketAnswers> {
  let before: BucketAnswers | undefined;
  for (;;) {
    const { answers, asked } = await gather(options, before);
    const problem = options.test ? await tryBucket(answers) : undefined;
    if (problem === undefined) return answers;
    if (!asked) throw new OperatorError(`${problem} Nothing was written.`);
    print([problem, 'Nothing was written. Once more, or Ctrl-C to leave it:']);
    before = answers;
  }
}

async function gather(
  options: SetupOptions,
  before: BucketAnswers | undefined,
): Promise<{ readonly answers: BucketAnswers; readonly asked: boolean }> {
  let asked = false;
  const given = async (value: string | undefined, flag: string, question: Question) => {
    if (value !== undefined) {
      const wrong = question.wrongWith?.(value);
      if (wrong !== undefined) throw new UsageError(`${flag}: ${wrong}`);
      return value;
    }
    if (process.stdin.isTTY && options.secretAccessKeyFile !== '-') {
      asked = true;
      return await ask(question);
    }
    if (question.otherwise !== undefined) return question.otherwise;
    throw new UsageError(`There is no terminal to ask at: give ${flag}.`);
  };
  const instead = (former: string | undefined) =>
    former === undefined ? {} : { otherwise: former };
  const name = await given(options.bucket, '--bucket', {
    words: 'Name of the bucket',
    ...instead(before?.name),
  });
  const endpoint = await given(options.endpoint, '--endpoint', {
    words: 'Address of the store, as https://s3.example.net (empty: Amazon S3)',
    otherwise: before?.endpoint ?? '',
    wrongWith: (answer) =>
      answer === '' || /^https?:$/.test(URL.parse(answer)?.protocol ?? '')
        ? undefined
        : `"${answer}" is no address of a store: write https://HOST[:PORT].`,
  });
  const region = await given(options.region, '--region', {
    words: 'Region',
    otherwise: before?.region ?? defaultRegion,
  });
  const accessKeyId = await given(options.accessKeyId, '--access-key-id', {
    words: 'Access key ID',
    ...instead(before?.accessKeyId),
  });
  const secretAccessKey =
    options.secretAccessKeyFile === undefined
      ? await given(undefined, '--secret-access-key-file', {
          words: 'Secret access key (not shown)',
          secret: true,
        })
      : await readPasswordFile(options.secretAccessKeyFile);
  const prefix = options.prefix ?? '';
  const answers = {
    name,
    region,
    accessKeyId,
    secretAccessKey,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    ...(endpoint === '' ? {} : { endpoint }),
  };
  return { answers, asked };
}

/** Tests the bucket; returns why it can't be used, or undefined if it can. */
async function tryBucket(answers: BucketAnswers): Promise<string | undefined> {
  using stop = onStopSignals();
  using store = createObjectStore({
    ...answers,
    bucket: answers.name,
    pathStyle: answers.endpoint !== undefined,
    log: createLog({ format: 'people', level: 'error', stream: process.stderr }),
  });
  const steps = await store.probe(stop.signal);
  for (const { right, problem } of steps) {
    print([`  ${problem === undefined ? 'ok    ' : 'FAILED'}  ${meanings[right]}`]);
  }
  const failed = steps.find(({ problem }) => problem !== undefined);
  if (failed?.right === 'delete') {
    print([
      'The key may not delete, which is as it should be; a small object stays as _ledger/probe.',
    ]);
    return undefined;
  }
  return failed?.problem;
}
