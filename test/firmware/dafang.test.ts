import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Site, type StoredSegment } from '../support/site.ts';
import { eventually } from '../support/until.ts';
import { architecture, CameraMachine } from './camera-machine.ts';

const anotherHostKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5rjVbJ8rVq1SDiMnaqwRzPZtsWvLAaoQX1kcEuIQL5';

/** Emulated programs start slowly, and all these cameras share the machine. */
const soonMs = 60_000;

describe(`a camera with Xiaomi-Dafang-Hacks and our card (${architecture})`, {
  concurrency: true,
}, () => {
  let site: Site;
  let server: string;

  before(async () => {
    site = await Site.start({ segmentSeconds: 3 });
    await site.cctv('account', 'add', 'bach');
    writeFileSync(join(site.directory, 'wifi-password'), 'well tempered\n');
    server = `127.0.0.1:${site.tunnelPort}`;
  });
  after(() => site[Symbol.asyncDispose]());

  /** What makes a card, on the command line; the servers are where the camera is told to dial. */
  const cardOptions = (
    firmware: string,
    image: string,
    servers: readonly string[] = [server],
  ): string[] => [
    '--card',
    image,
    '--card-size',
    '64M',
    '--firmware',
    firmware,
    '--model',
    'wyzecam-v2',
    '--wifi-ssid',
    'Bach',
    '--wifi-password-file',
    join(site.directory, 'wifi-password'),
    ...servers.flatMap((one) => ['--server', one]),
  ];

  /** A camera of its own, from `cctv camera add --card` on. */
  const enrol = (name: string, servers?: readonly string[]): Promise<CameraMachine> =>
    CameraMachine.create(async (firmware, image) => {
      await site.cctv('camera', 'add', `bach/${name}`, ...cardOptions(firmware, image, servers));
    });

  const says = (camera: CameraMachine, words: RegExp, withinMs = soonMs): Promise<boolean> =>
    eventually(`a camera that says ${words}`, withinMs, () => {
      if (words.test(camera.status)) return true;
      throw new Error(`it says: ${camera.status}\n${camera.output}`);
    });

  const connected = (camera: CameraMachine): Promise<boolean> =>
    says(camera, /^connected since \d+ to 127\.0\.0\.1:\d+, and the server fetches pictures$/);

  const storedSince = (name: string, sinceMs: number): Promise<StoredSegment> =>
    eventually(`footage of ${name} in the bucket`, soonMs, async () => {
      const stored = await site.stored(`bach/${name}`);
      return stored.find(({ startMs }) => startMs > sinceMs);
    });

  async function killOne(find: () => readonly { readonly pid: number }[]): Promise<void> {
    const [before] = find();
    assert.ok(before);
    process.kill(before.pid, 'SIGKILL');
    await eventually('another one in its place', soonMs, () =>
      find().some(({ pid }) => pid !== before.pid),
    );
  }

  it('is recorded when its server comes up after it, and whatever is killed comes back', async () => {
    await using late = new LateServer(site.tunnelPort);
    await using camera = await enrol('front-door', [`127.0.0.1:${await late.port()}`]);
    camera.switchOn();
    await says(camera, /^no-server since \d+ Connect failed.* \(next try in \d+ s\)$/);
    await late.start();
    await connected(camera);
    const stored = await storedSince('front-door', 0);
    assert.equal((await site.probe(stored)).video.width, 320);
    assert.equal(camera.leds, 'blue');
    const options = camera.read('/run/rtsp-options').trim();
    assert.equal(options, `-fH264 -W960 -H540 -P ${camera.rtspPort} -A`);
    assert.equal(camera.read('/run/startup.log'), '');

    await killOne(() => camera.dbclients);
    await connected(camera);
    await storedSince('front-door', Date.now());

    await killOne(() => camera.rtspServers);
    await storedSince('front-door', Date.now());
  });

  it('is a service that can be asked, stopped and started', async () => {
    await using camera = await enrol('till');
    camera.switchOn();
    await connected(camera);
    const service = (verb: string): string =>
      camera.run(`/system/sdcard/controlscripts/sapiengraph ${verb}; echo rc $?`);
    assert.match(service('status'), /^PID: \d+\nconnected since .*\nrc 0\n$/);
    assert.match(service('start'), /^rc 0\n$/);
    assert.equal(camera.dbclients.length, 1);

    assert.match(service('stop'), /^rc 0\n$/);
    await eventually(
      'the end of the service',
      20_000,
      () => camera.processes('sapiengraph').length === 0,
    );
    await delay(1_000);
    assert.deepEqual(camera.processes('sapiengraph'), []);
    assert.deepEqual(camera.rtspServers, []);
    assert.match(service('status'), /^rc 1\n$/);

    assert.match(service('start'), /^rc 0\n$/);
    await connected(camera);
    const table = await readFile(camera.onCard('etc/inittab'), 'utf8');
    assert.doesNotMatch(table, /respawn/, 'init is told in memory, not on the card');
  });

  it('does all that from a card that can not be written, and a frozen RTSP server is replaced', async () => {
    await using camera = await enrol('yard');
    camera.writeAsStartedBefore();
    camera.switchOn('read-only');
    await connected(camera);
    await storedSince('yard', 0);
    const [frozen] = camera.rtspServers;
    assert.ok(frozen);
    process.kill(frozen.pid, 'SIGSTOP');
    await eventually('another RTSP server', 60_000, () =>
      camera.rtspServers.some(({ pid }) => pid !== frozen.pid),
    );
    assert.match(camera.read('/run/sapiengraph/rtsp-status'), /^killed \d+, which was silent/);
    await storedSince('yard', Date.now());
  });

  it('does all that from a full card, and finds the one of two servers that is there', async () => {
    await using camera = await enrol('stairs', ['127.0.0.1:1', server]);
    camera.writeAsStartedBefore();
    camera.switchOn('full');
    await connected(camera);
    assert.throws(() => camera.run('echo more >/system/sdcard/more'));
    await storedSince('stairs', 0);
  });

  it('never talks to a server that shows another host key, and says so', async () => {
    await using camera = await enrol('cellar');
    const pinned = await readFile(camera.onCard('sapiengraph/.ssh/known_hosts'), 'utf8');
    camera.write('sapiengraph/.ssh/known_hosts', [`127.0.0.1 ${anotherHostKey}`]);
    camera.switchOn();
    await says(camera, /^refused since \d+ the host key of the server is not one .*next try in/);
    await says(camera, /next try in \d+ s/);
    assert.equal(camera.leds, 'yellow');
    const told = site.log.filter((line) => line.camera === 'bach/cellar');
    assert.deepEqual(
      told.map(({ message }) => message),
      ['camera added'],
    );
    camera.write('sapiengraph/.ssh/known_hosts', [pinned]);
    await connected(camera);
  });

  it('that the server does not know says that it is refused', async () => {
    await using camera = await enrol('nobody');
    await site.cctv('camera', 'remove', 'bach/nobody', '--yes');
    camera.switchOn();
    await says(camera, /^refused since \d+ the server does not know the key of this camera/);
  });

  it('of a batch makes its own key once, and none where it could not keep it', async () => {
    const made = await site.cctv('enrol', 'token', 'bach', '--uses', '1', '--expires', '1h');
    const token = /\b[a-z2-7]{32}\b/.exec(made)?.[0] ?? '';
    await using camera = await CameraMachine.create(async (firmware, image) => {
      await site.cctv('enrol', 'card', '--token', token, ...cardOptions(firmware, image));
    });
    camera.writeAsStartedBefore();
    for (const condition of ['read-only', 'full'] as const) {
      camera.switchOn(condition);
      await says(camera, /^refused since \d+ there is no key and the card takes none/);
      assert.equal(camera.dbclients.length, 0);
      await camera.switchOff();
    }
    camera.switchOn();
    await connected(camera);
    const key = await readFile(camera.onCard('sapiengraph/id_dropbear'));
    assert.equal(key.length, 83);
    const newOnes = async (): Promise<StoredSegment[]> =>
      (await site.stored()).filter((one) => one.camera.startsWith('new-'));
    await eventually('its footage', soonMs, async () => (await newOnes()).length > 0);
    await camera.switchOff();

    camera.switchOn();
    await connected(camera);
    assert.deepEqual(await readFile(camera.onCard('sapiengraph/id_dropbear')), key);
    assert.equal(new Set((await newOnes()).map((one) => one.camera)).size, 1);
  });
});

/** A way to the server that isn't there until it is started. */
class LateServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<{ destroy(): unknown }>();
  #port = 0;

  constructor(target: number) {
    this.#server = createServer((socket) => {
      const onward = connect(target, '127.0.0.1');
      for (const one of [socket, onward]) {
        this.#sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          socket.destroy();
          onward.destroy();
        });
      }
      socket.pipe(onward).pipe(socket);
    });
  }

  /** Free, and refused until {@link start}. */
  async port(): Promise<number> {
    await this.#listen(0);
    const address = this.#server.address();
    this.#port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await this.#close();
    return this.#port;
  }

  start(): Promise<void> {
    return this.#listen(this.#port);
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#close();
  }
}
