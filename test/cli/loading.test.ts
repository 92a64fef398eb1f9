import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { ConsoleFixture, connected } from '../control/fixture.ts';
import { run } from './run.ts';

const cli = join(import.meta.dirname, '../../src/cli');
const hook = join(import.meta.dirname, 'tell-modules.ts');

/** Each of these takes longer to load than Node.js itself takes to start, or a good part of that. */
const heavy =
  /^(zod|yaml|execa|fastify|ssh2|winston|nodemailer|prom-client|chokidar|@(aws-sdk|smithy|fastify|opentelemetry)\/.*)$/;

const packageOf = (url: string): string | undefined =>
  /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];

describe('a program loads what its command needs, and no more:', () => {
  let fixture: ConsoleFixture;
  before(async () => {
    fixture = await ConsoleFixture.start();
    const camera = { account: 'bach', camera: 'front-door' };
    fixture.addCamera(camera, 1, { minutes: 3, endMs: Date.now() - 30_000 });
    fixture.fleet = [connected(camera)];
  });
  after(() => fixture[Symbol.asyncDispose]());

  /** The modules that a command line loads, and what it prints. */
  const load = async (program: 'cctv' | 'cctvd', args: readonly string[]) => {
    const file = join(fixture.directory, 'modules');
    const { stdout } = await execa(
      process.execPath,
      ['--import', hook, join(cli, `${program}.ts`), ...args],
      { env: { MODULES_FILE: file }, timeout: 30_000 },
    );
    return { stdout, modules: readFileSync(file, 'utf8').split('\n') };
  };
  const heavyOnes = (modules: readonly string[]): readonly string[] => [
    ...new Set(modules.flatMap((url) => packageOf(url) ?? []).filter((name) => heavy.test(name))),
  ];

  const light: readonly (readonly ['cctv' | 'cctvd', number, ...string[]])[] = [
    ['cctv', 30, '--help'],
    ['cctv', 30, '--version'],
    ['cctvd', 30, '--help'],
    ['cctv', 75, 'camera', '--help'],
  ];
  for (const [program, most, ...args] of light) {
    it([program, ...args].join(' '), async () => {
      const { stdout, modules } = await load(program, args);
      assert.notEqual(stdout, '');
      assert.deepEqual(heavyOnes(modules), []);
      assert.ok(modules.length <= most, `${modules.length} modules:\n${modules.join('\n')}`);
    });
  }

  it('what is asked of the daemon, whose socket the configuration does not name', async () => {
    const config = join(fixture.directory, 'config.yaml');
    writeFileSync(config, 'bucket: {name: a}\n# control: {socket: here}\n');
    for (const args of [['camera', 'status'], ['status'], ['alert', 'list']]) {
      const { stdout, modules } = await load('cctv', ['--socket', fixture.socket, ...args]);
      assert.notEqual(stdout, '');
      assert.deepEqual(heavyOnes(modules), []);
      // Which loads all that Node.js has for HTTP and WebSockets.
      assert.ok(!modules.includes('node:http'));
      assert.ok(modules.length <= 75, `${modules.length} modules:\n${modules.join('\n')}`);
    }
    const away = await execa(
      process.execPath,
      ['--import', hook, join(cli, 'cctv.ts'), '--config', config, 'camera', 'status'],
      { env: { MODULES_FILE: join(fixture.directory, 'away') }, reject: false, timeout: 30_000 },
    );
    assert.match(away.stderr, /no control socket at \/run\/sapiengraph-cctv\/control\.sock/);
    const modules = readFileSync(join(fixture.directory, 'away'), 'utf8').split('\n');
    assert.deepEqual(heavyOnes(modules), []);
  });

  it('the daemon, which no carrier and no page is configured for', async () => {
    const file = join(fixture.directory, 'daemon');
    const { exitCode } = await execa(
      process.execPath,
      ['--import', hook, join(cli, 'cctvd.ts'), '--config', '/there/is/none'],
      { env: { MODULES_FILE: file }, reject: false, timeout: 30_000 },
    );
    assert.equal(exitCode, 1);
    const loaded = new Set(readFileSync(file, 'utf8').split('\n').map(packageOf));
    assert.ok(loaded.has('ssh2') && loaded.has('@aws-sdk/client-s3'), 'the daemon was loaded');
    for (const name of ['nodemailer', '@aws-sdk/client-sns', '@fastify/websocket']) {
      assert.ok(!loaded.has(name), name);
    }
  });

  it('the hook sees what a command does need', async () => {
    const config = join(fixture.directory, 'with-socket.yaml');
    writeFileSync(config, `bucket: {name: a}\ncontrol: {socket: ${fixture.socket}}\n`);
    const { modules } = await load('cctv', ['--config', config, 'camera', 'status']);
    assert.deepEqual(heavyOnes(modules), ['yaml']);
  });
});

describe('code that was made ready is kept', () => {
  let fixture: ConsoleFixture;
  before(async () => {
    fixture = await ConsoleFixture.start();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const directory = (name: string): string => {
    const path = join(fixture.directory, name);
    mkdirSync(path);
    return path;
  };
  const version = async (cache: string, asStranger = false): Promise<void> => {
    const { code, stdout, stderr } = await run('cctv', ['--version'], {
      env: { CACHE_DIRECTORY: cache },
      asStranger,
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\d+\.\d+\.\d+$/);
    assert.equal(stderr, '');
  };

  it('where the unit says, for its user alone', async () => {
    const cache = directory('cache');
    await version(cache);
    assert.equal(statSync(join(cache, 'code')).mode & 0o777, 0o700);
    assert.notEqual(readdirSync(join(cache, 'code')).length, 0);
  });

  it('not where others could put code of theirs', async () => {
    const cache = directory('open');
    mkdirSync(join(cache, 'code'));
    chmodSync(join(cache, 'code'), 0o777);
    await version(cache);
    await version(cache, true);
    assert.deepEqual(readdirSync(join(cache, 'code')), []);
  });

  it('nowhere by a user who can write nothing; the program runs all the same', async () => {
    const cache = directory('closed');
    chmodSync(fixture.directory, 0o755);
    await version(cache, true);
    assert.deepEqual(readdirSync(cache), []);
  });
});
