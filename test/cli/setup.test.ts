import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { TestBucket } from '../support/bucket.ts';
import { temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { run } from './run.ts';

const cctvd = join(import.meta.dirname, '../../src/cli/cctvd.ts');
const systemd = join(import.meta.dirname, '../../systemd');
const answerWithinMs = 30_000;

/** Somebody at a terminal in front of `cctvd`. */
class Terminal implements AsyncDisposable {
  /** All that stood on the screen. */
  screen = '';
  readonly #program: ReturnType<typeof spawn>;
  readonly #ended: Promise<unknown[]>;
  #read = 0;

  constructor(args: readonly string[]) {
    const command = [process.execPath, cctvd, ...args].map((word) => `'${word}'`).join(' ');
    this.#program = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], TERM: 'dumb', SHELL: '/bin/sh' },
    });
    this.#ended = once(this.#program, 'exit');
    this.#program.stdout?.on('data', (chunk: Buffer) => (this.screen += chunk.toString()));
  }

  /** Types a line once it is asked for. */
  async answer(question: string, line: string): Promise<void> {
    const at = await eventually(`"${question}" after:\n${this.screen}`, answerWithinMs, () => {
      const found = this.screen.indexOf(question, this.#read);
      return found >= 0 && found + question.length;
    });
    this.#read = at;
    this.#program.stdin?.write(`${line}\r`);
  }

  async exitCode(): Promise<unknown> {
    const [code] = await this.#ended;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill();
    await this.#ended;
  }
}

describe('cctvd setup', () => {
  const resources = new AsyncDisposableStack();
  let directory: string;
  let s3: S3Server;
  let bucket: TestBucket;
  let secretFile: string;
  before(async () => {
    directory = resources.use(await temporaryDirectory()).path;
    s3 = resources.use(await startS3Server({ directory: join(directory, 's3') }));
    bucket = resources.use(await TestBucket.create(s3));
    secretFile = join(directory, 'secret');
    writeFileSync(secretFile, s3.secretAccessKey);
  });
  after(() => resources.disposeAsync());

  /** A directory for a configuration, which is not there yet. */
  const place = (name: string): string => {
    mkdirSync(join(directory, name));
    return join(directory, name, 'config.yaml');
  };

  const flags = (file: string): string[] => [
    'setup',
    '--config',
    file,
    '--bucket',
    bucket.name,
    '--endpoint',
    s3.endpoint,
    '--region',
    s3.region,
    '--access-key-id',
    s3.accessKeyId,
  ];

  const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

  /** That all is written as it should, for nobody to read who shouldn't. */
  const assertWritten = (file: string, fileMode = '640'): void => {
    const credentials = join(file, '..', 'credentials');
    assert.deepEqual(
      [file, credentials, ...readdirSync(credentials).map((name) => join(credentials, name))].map(
        mode,
      ),
      [fileMode, '700', '600', '600'],
    );
    const key = (name: string) => readFileSync(join(credentials, name), 'utf8').trim();
    assert.equal(key('bucket-access-key-id'), s3.accessKeyId);
    assert.equal(key('bucket-secret-access-key'), s3.secretAccessKey);
    const text = readFileSync(file, 'utf8');
    assert.ok(!text.includes(s3.secretAccessKey));
    const config = parse(text) as { readonly bucket: Record<string, string> };
    assert.equal(config.bucket['name'], bucket.name);
    assert.equal(config.bucket['endpoint'], s3.endpoint);
  };

  it('by options alone: tries the bucket, and writes what the example has, with the bucket in it', async () => {
    const file = place('options');
    const { code, stdout, stderr } = await run('cctvd', [
      ...flags(file),
      '--prefix',
      'shop-3',
      '--secret-access-key-file',
      secretFile,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ {2}ok {6}store an object$[^]*^ {2}ok {6}delete it again$/m);
    assert.ok(!`${stdout}${stderr}`.includes(s3.secretAccessKey));
    assertWritten(file);
    // All else stands as in the example, to be uncommented by people.
    const example = readFileSync(join(systemd, 'config.example.yaml'), 'utf8').split('\n');
    const written = readFileSync(file, 'utf8').split('\n');
    assert.equal(written.length, example.length);
    assert.deepEqual(
      written.filter((line, index) => line !== example[index]),
      [
        `  name: ${bucket.name}`,
        `  endpoint: ${s3.endpoint}`,
        `  region: ${s3.region}`,
        '  prefix: shop-3/',
      ],
    );
    assert.deepEqual(await bucket.keys(), []);
  });

  it('without a terminal: names what is missing or wrong, and writes nothing', async () => {
    const file = place('lacking');
    const lacking = await run('cctvd', ['setup', '--config', file]);
    assert.equal(lacking.code, 2);
    assert.match(lacking.stderr, /no terminal to ask at: give --bucket\./);
    const wrong = await run('cctvd', [...flags(file), '--endpoint', 'localhost:9000']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--endpoint: "localhost:9000" is no address of a store: write http/);
    const refused = await run('cctvd', [...flags(file), '--secret-access-key-file', '-'], {
      input: 'not the secret\n',
    });
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /^ {2}FAILED {2}store an object$/m);
    assert.match(refused.stderr, /Nothing was written\.$/m);
    assert.deepEqual(readdirSync(join(file, '..')), []);
  });

  it('replaces the bucket of a configuration only if told to, and leaves all else in it', async () => {
    const file = place('there');
    const comment = '# Ours.\n';
    const options = '  region: nowhere # near\ntunnel: {listen: ":2200"} # low\n';
    const there = `${comment}bucket:\n  prefix: a/\n  name: 'former'\n${options}`;
    writeFileSync(file, there);
    const untested = [...flags(file), '--secret-access-key-file', secretFile, '--no-test'];
    const refused = await run('cctvd', untested);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /names the bucket former\. Replace that\? Say so with --yes\./);
    assert.equal(readFileSync(file, 'utf8'), there);
    assert.ok(!existsSync(join(file, '..', 'credentials')));
    const { code, stderr } = await run('cctvd', [...untested, '--yes']);
    assert.equal(code, 0, stderr);
    const here = `bucket:\n  endpoint: ${s3.endpoint}\n  name: ${bucket.name}\n`;
    assert.equal(
      readFileSync(file, 'utf8'),
      `${comment}${here}${options.replace('nowhere', s3.region)}`,
    );
    // Written in another way, too.
    writeFileSync(file, `bucket: {name: former}\n`);
    assert.equal((await run('cctvd', [...untested, '--yes'])).code, 0);
    assertWritten(file, '644');
  });

  it('at a terminal: asks again for what can not be right, and for all when the bucket can not be used', async () => {
    const file = place('terminal');
    await using terminal = new Terminal(['setup', '--config', file]);
    await terminal.answer('Name of the bucket: ', '');
    await terminal.answer('Name of the bucket: ', bucket.name);
    await terminal.answer('(empty: Amazon S3): ', 'localhost:9000');
    await terminal.answer('(empty: Amazon S3): ', s3.endpoint);
    assert.match(terminal.screen, /"localhost:9000" is no address of a store/);
    await terminal.answer('Region [us-east-1]: ', s3.region);
    await terminal.answer('Access key ID: ', s3.accessKeyId);
    await terminal.answer('Secret access key (not shown): ', 'mistyped');
    await terminal.answer(`Name of the bucket [${bucket.name}]: `, '');
    assert.match(terminal.screen, /FAILED {2}store an object/);
    assert.match(terminal.screen, /Nothing was written\. Once more/);
    assert.deepEqual(readdirSync(join(file, '..')), []);
    await terminal.answer(`[${s3.endpoint}]: `, '');
    await terminal.answer(`Region [${s3.region}]: `, '');
    await terminal.answer(`Access key ID [${s3.accessKeyId}]: `, '');
    await terminal.answer('Secret access key (not shown): ', s3.secretAccessKey);
    assert.equal(await terminal.exitCode(), 0, terminal.screen);
    assert.match(terminal.screen, /config\.yaml is written/);
    assert.doesNotMatch(terminal.screen, /mistyped/);
    assert.ok(!terminal.screen.includes(s3.secretAccessKey));
    assertWritten(file);
  });

  it('at a terminal: changes nothing of a configuration if not told to', async () => {
    const file = place('asked');
    writeFileSync(file, 'bucket: {name: former}\n');
    await using terminal = new Terminal(['setup', '--config', file]);
    await terminal.answer('names the bucket former. Replace that? [y/N] ', 'n');
    assert.equal(await terminal.exitCode(), 1);
    assert.match(terminal.screen, /Nothing was changed\./);
    assert.equal(readFileSync(file, 'utf8'), 'bucket: {name: former}\n');
  });
});
