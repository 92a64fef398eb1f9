import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import type { ContinuityAnswer } from '../../src/contract/continuity.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { connected, ConsoleFixture, publicKey } from '../control/fixture.ts';
import { run } from './run.ts';

const cli = join(import.meta.dirname, '../../src/cli/cctv.ts');
const camera = (name: string) => {
  const [account = '', label = ''] = name.split('/');
  return { account, camera: label };
};

describe('cctv', { concurrency: 2 }, () => {
  let fixture: ConsoleFixture;
  let beganMs: number;
  before(async () => {
    fixture = await ConsoleFixture.start();
    const now = Date.now();
    beganMs = now;
    fixture.addCamera(camera('bach/front-door'), 1, { minutes: 90, endMs: now - 30_000 });
    fixture.addCamera(camera('bach/kitchen'), 2, { minutes: 3, endMs: now - 660_000 });
    fixture.addCamera(camera('bach/garden'), 3, { minutes: 3, endMs: now - 3 * 3_600_000 });
    fixture.addCamera(camera('bach/attic'), 4);
    const { picture: _, bitsPerSecond: __, ...bare } = connected(camera('bach/kitchen'));
    fixture.fleet = [
      connected(camera('bach/front-door')),
      {
        ...bare,
        state: 'recovering',
        reason: "the camera's \u001b]0;pwned\u0007\u001b[31mstream\r\nstalled\u202e",
        client: 'SSH-2.0-\u001b[2Jevil',
        lastFootageAtMs: Date.UTC(2026, 0, 2, 10, 42),
      },
    ];
    fixture.uploads = {
      uploading: 2,
      waiting: 0,
      stored: 7,
      failing: { sinceMs: now - 240_000, cause: 'the bucket footage does not exist' },
    };
  });
  after(() => fixture[Symbol.asyncDispose]());

  const cctv = (...args: string[]) => run('cctv', ['--socket', fixture.socket, ...args]);
  const good = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cctv(...args);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    return stdout;
  };
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(fixture.directory, name);
    writeFileSync(path, text, { mode });
    return path;
  };

  it('camera status: shows the connected ones, what is wrong in plain words, and counts the others', async () => {
    const lines = (await good('camera', 'status')).split('\n');
    assert.match(
      lines.find((line) => line.startsWith('bach/front-door')) ?? '',
      /^bach\/front-door +recording +(now|\d+s ago) +h264 1920x1080@15 +412 kb\/s +3\.1 MB +2h 1[4-9]m +203\.0\.113\.7$/,
    );
    const kitchen = lines.findIndex((line) => line.startsWith('bach/kitchen'));
    assert.match(lines[kitchen] ?? '', /^bach\/kitchen +recovering +\d+d ago/);
    assert.match(
      lines[kitchen + 1] ?? '',
      /^ +└ no footage since 2026-01-02 10:42Z: the camera's stream stalled; it is tried again$/,
    );
    assert.equal(
      lines.at(-1),
      '2 cameras are not connected: bach/attic (never connected), bach/garden (last footage 3h ago)',
    );
    assert.ok(lines.every((line) => line.length <= 100));
  });

  it('camera status --json: prints the same for programs', async () => {
    const { cameras, notConnected } = JSON.parse(await good('camera', 'status', '--json')) as {
      cameras: Record<string, unknown>[];
      notConnected: Record<string, unknown>[];
    };
    assert.equal(cameras[0]?.['state'], 'recording');
    assert.equal(cameras[0]['remoteAddress'], '203.0.113.7');
    assert.deepEqual(cameras[0]['spooled'], { segments: 1, bytes: 3_100_000, durationMs: 60_000 });
    assert.deepEqual(
      notConnected.map((one) => one['camera']),
      ['attic', 'garden'],
    );
  });

  it('former words: do the same, say what they are called now, and stand in no list', async () => {
    const help = await good('--help');
    for (const [former, ...now] of [
      ['cameras', 'camera', 'status'],
      ['viewers', 'viewer', 'watching'],
      ['alerts', 'alert', 'list'],
    ] as const) {
      const { code, stdout, stderr } = await cctv(former, '--json');
      assert.equal(code, 0, stderr);
      assert.equal(stderr, `cctv ${former} still works, and is now called: cctv ${now.join(' ')}`);
      assert.deepEqual(
        Object.keys(JSON.parse(stdout) as object),
        Object.keys(JSON.parse(await good(...now, '--json')) as object),
      );
      assert.doesNotMatch(help, new RegExp(`^ +${former}\\b`, 'm'));
      assert.match(help, new RegExp(`^ +${now[0]} `, 'm'));
      assert.equal((await cctv(former, '--colour')).code, 2);
    }
    assert.ok(help.split('\n').every((line) => line.length <= 80));
  });

  it('lets nothing from the network steer the terminal', async () => {
    for (const args of [
      ['camera', 'status'],
      ['camera', 'show', 'bach/kitchen'],
      ['camera', 'list'],
    ]) {
      const printed = await good(...args);
      assert.doesNotMatch(printed.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, args.join(' '));
      assert.doesNotMatch(printed, /pwned/);
    }
  });

  it('camera status --watch: repeats until it is interrupted, then ends well', async () => {
    const watching = spawn(process.execPath, [
      cli,
      '--socket',
      fixture.socket,
      'camera',
      'status',
      '--watch',
    ]);
    let seen = 0;
    for await (const line of createInterface({ input: watching.stdout })) {
      assert.ok(!line.includes('\u001b'), 'no cursor movements where there is no terminal');
      if (!line.startsWith('bach/front-door')) continue;
      seen += 1;
      // A second signal would end it at once.
      if (seen === 2) watching.kill('SIGINT');
    }
    if (watching.exitCode === null) await once(watching, 'exit');
    assert.equal(watching.exitCode, 0);
  });

  it('camera status --watch: draws in place on a terminal', { timeout: 30_000 }, async () => {
    // Without exec some shells stay, hear of Ctrl-C too, and answer for it with their own status.
    const command = `exec ${process.execPath} ${cli} --socket ${fixture.socket} camera status --watch`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', COLUMNS: '100', LINES: '30' },
    });
    let screen = '';
    let interrupted = false;
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (interrupted || screen.split('\u001b[H').length <= 2) return;
      interrupted = true;
      terminal.stdin.write('\u0003');
    });
    await once(terminal, 'exit');
    assert.ok(screen.startsWith('\u001b[?25l\u001b[2J\u001b[H'), JSON.stringify(screen));
    assert.ok(screen.includes('\u001b[?25h'), 'the cursor is shown again');
    assert.equal(terminal.exitCode, 0);
  });

  it('camera status: fits a narrow terminal, with names whole', { timeout: 30_000 }, async () => {
    const command = `stty cols 48; exec ${process.execPath} ${cli} --socket ${fixture.socket} camera status`;
    const terminal = spawn('script', ['-qec', command, '/dev/null']);
    let screen = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
    });
    const [code] = await once(terminal, 'exit');
    assert.equal(code, 0, screen);
    const lines = screen.trimEnd().split('\r\n');
    const head = lines.find((line) => line.startsWith('CAMERA')) ?? '';
    assert.match(head, /^CAMERA +STATE/);
    assert.doesNotMatch(head, /FROM/);
    const end = lines.findIndex((line) => line.includes('not connected'));
    for (const line of lines.slice(0, end)) assert.ok(line.length <= 48, line);
    assert.ok(lines.some((line) => /^bach\/front-door +recording/.test(line)));
  });

  it('status: says how the daemon is and what fails', async () => {
    const status = await good('status');
    assert.match(status, /^Daemon +version 0\.1\.0, process \d+, running since .*Z \(3h\)$/m);
    assert.match(status, /^Tunnel +cameras dial in at 0\.0\.0\.0:2222$/m);
    assert.match(status, /^Host key +SHA256:9h2Z/m);
    assert.match(status, /2 of \d connected, 1 recording$/m);
    assert.match(status, /^Spool +12 segments, 31\.0 MB, the oldest from .*Z \([4-9]m ago\)$/m);
    assert.match(status, /FAILING since .* \([4-9]m.* ago\): the bucket footage does not exist$/m);
    assert.match(await good('status', '--json'), /"waiting": 0/);
  });

  it('segments: lists a range, in UTC, and sums it up', async () => {
    const from = new Date(beganMs - 15 * 60_000).toISOString();
    const table = await good('segments', 'bach/front-door', '--from', from);
    assert.equal(
      (table.match(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z +60\.000 s/gm) ?? []).length,
      15,
    );
    assert.match(table, /^15 segments, 15m, 46\.5 MB; 1 of them in the spool still$/m);
    assert.equal(
      await good('segments', 'bach/front-door', '--to', '3h'),
      'No footage in that time.',
    );
    const { segments } = JSON.parse(await good('segments', 'bach/front-door', '--json')) as {
      segments: { state: string }[];
    };
    assert.equal(segments.length, 90);
    assert.equal(segments.filter(({ state }) => state === 'spooled').length, 1);
    assert.deepEqual(JSON.parse(await good('segments', 'bach/attic', '--json')), { segments: [] });
    assert.equal((await cctv('segments', 'bach/attic', '--from', 'yesterday')).code, 2);
    assert.equal((await cctv('segments', 'bach/attic', '--from', '1h', '--to', '2h')).code, 2);
    assert.match((await cctv('segments', 'bach/nothing')).stderr, /no camera bach\/nothing/);
  });

  it('segments, continuity: times are of --time-zone, before or behind the command, else of TZ', async () => {
    const offset = /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+05:45 +60\.000 s/m;
    const args = ['segments', 'bach/front-door', '--from', '15m'];
    assert.match(await good('--time-zone', 'Asia/Kathmandu', ...args), offset);
    const behind = await good(...args, '--time-zone', 'Asia/Kathmandu');
    assert.match(behind, /^START \(Asia\/Kathmandu\) +LENGTH/);
    assert.match(behind, offset);
    const { stdout } = await run('cctv', ['--socket', fixture.socket, ...args], {
      env: { TZ: 'Asia/Kathmandu' },
    });
    assert.match(stdout, offset);
    const wrong = await cctv(...args, '--time-zone', 'Asia/Nowhere');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /^cctv: "Asia\/Nowhere" is no time zone\. Write a name such as /);
    const today = ['continuity', 'bach/front-door', '--day', '--time-zone', 'Asia/Kathmandu'];
    assert.match(await good(...today), /^bach\/front-door, \S+ \S+\+05:45 to \S+ \S+\+05:45$/m);
    assert.equal((await cctv('account', 'set', 'bach')).code, 2);
    assert.equal((await cctv('account', 'set', 'bach', '--time-zone', 'Nowhere')).code, 2);
  });

  it('continuity: accounts for each second, with causes and sums that add up', async () => {
    const name = camera('bach/cellar');
    fixture.addCamera(name, 5);
    fixture.ledger.states.note(name, 'camera offline', 'the camera hung up', Date.now() + 1);
    const text = await good('continuity', 'bach/cellar');
    assert.match(text, /^stored +00:00:00\.000 /m);
    assert.match(text, /^missing +00:0\d:\d\d\.\d{3} +100 % +camera offline 00:0/m);
    assert.match(text, /^20\S+ \S+Z +00:0\d:\d\d\.\d{3} +camera offline +the camera hung up$/m);
    assert.match(text, /^2 gaps\.$/m);
    const json = JSON.parse(await good('continuity', 'bach/cellar', '--json')) as ContinuityAnswer;
    assert.equal(json.storedMs + json.spooledMs + json.missingMs, json.toMs - json.fromMs);

    const today = new Date().toISOString().slice(0, 10);
    const month = await good('continuity', 'bach/cellar', '--month');
    assert.match(month, new RegExp(`^${today} .* camera offline`, 'm'));
    const day = await good('continuity', 'bach/cellar', '--day', '2020-02-29');
    assert.match(day, /not enrolled in that time/);
    for (const wrong of [
      ['--day', '2026-02-30'],
      ['--month', '2026-13'],
      ['--month', '2026-11-01'],
      ['--day', '--month'],
      ['--from', '1h', '--to', '2h'],
    ]) {
      assert.equal((await cctv('continuity', 'bach/cellar', ...wrong)).code, 2, wrong.join(' '));
    }
    assert.match((await cctv('continuity', 'bach/nothing')).stderr, /no camera bach\/nothing/);
    fixture.ledger.cameras.remove(name);
  });

  it('account and camera: add, list, show and remove', async () => {
    assert.match(await good('account', 'add', 'vermeer'), /vermeer is added/);
    assert.match((await cctv('account', 'add', 'vermeer')).stderr, /^cctv: There is an account/);
    const added = await good(
      'camera',
      'add',
      'vermeer/studio',
      '--key',
      file('studio.pub', publicKey(50)),
      '--rtsp-path',
      '/live',
      '--rtsp-user',
      'admin',
      '--rtsp-password-file',
      file('password', 'p w\n'),
      '--profile',
      'copy',
    );
    assert.match(added, /Camera vermeer\/studio is added, with the key SHA256:\S+\./);
    assert.match(added, /dials in as vermeer\.studio/);
    assert.equal(fixture.ledger.cameras.find(camera('vermeer/studio'))?.rtspPassword, 'p w');
    const piped = await run(
      'cctv',
      ['--socket', fixture.socket, 'camera', 'add', 'vermeer/yard', '--key', '-'],
      { input: publicKey(51) },
    );
    assert.equal(piped.code, 0, piped.stderr);
    assert.match(await good('account', 'list'), /^vermeer +2 /m);
    assert.match(
      await good('camera', 'list', 'vermeer'),
      /^vermeer\/studio +never connected +copy +none/m,
    );
    const shown = await good('camera', 'show', 'vermeer/studio');
    assert.match(shown, /^RTSP login +admin, with a password$/m);
    assert.doesNotMatch(shown, /p w/);

    const asked = await cctv('camera', 'remove', 'vermeer/studio');
    assert.equal(asked.code, 2);
    assert.match(
      asked.stderr,
      /can no longer dial in; its footage \(0 segments\) stays\. Say so with --yes/,
    );
    assert.match(await good('camera', 'remove', 'vermeer/studio', '--yes'), /is removed/);
    assert.ok(fixture.removed.includes('vermeer/studio'));
    assert.match(
      (await cctv('camera', 'show', 'vermeer/studio')).stderr,
      /There is: vermeer\/yard/,
    );
  });

  it('enrol: makes a token that is shown once, lists and revokes it', async () => {
    const [token = '', ...words] = (
      await good('enrol', 'token', 'bach', '--uses', '20', '--expires', '24h')
    ).split('\n');
    assert.match(token, /^[a-z0-9]{26,}$/);
    assert.match(words.join(' '), /lets 20 cameras into bach until .*shown only now/);
    const listed = await good('enrol', 'list', 'bach');
    assert.match(listed, new RegExp(`^${token.slice(0, 6)}… +0 of 20 +open `, 'm'));
    assert.doesNotMatch(listed, new RegExp(token));
    await good('enrol', 'revoke', 'bach', token.slice(0, 6));
    assert.match(await good('enrol', 'list', 'bach'), / revoked /);
    assert.equal((await cctv('enrol', 'token', 'bach', '--uses', 'many')).code, 2);
    assert.equal((await cctv('enrol', 'token', 'bach', '--expires', 'soon')).code, 2);
    assert.equal((await cctv('enrol', 'list', '../bach')).code, 2);
    assert.match((await cctv('enrol', 'list', 'nobody')).stderr, /no account nobody/);
  });

  it('shows what is new, disabled or copied, and both host keys', async () => {
    const { token } = fixture.ledger.tokens.add({
      account: 'bach',
      uses: 1,
      expiresMs: Date.now() + 60_000,
    });
    const key = parsePublicKey(publicKey(77));
    const added = fixture.ledger.tokens.enrol(token, key);
    assert.ok(typeof added !== 'string');
    const name = `bach/${added.camera}`;
    const fleet = fixture.fleet;
    fixture.fleet = [...fleet, connected(added)];
    const addresses = ['192.0.2.1', '198.51.100.7'] as const;
    const atMs = Date.now();
    fixture.copiedKeys.set(key.fingerprint, { addresses, sinceMs: atMs, lastMs: atMs });
    const next = { state: 'next', algorithm: 'ssh-ed25519', fingerprint: 'SHA256:n' } as const;
    fixture.hostKeys.push({ ...next, line: 'ssh-ed25519 NEXT' });
    const list = await good('camera', 'list', 'bach');
    assert.match(list, new RegExp(`^${name} +new, recording `, 'm'));
    assert.match(
      await good('camera', 'status'),
      new RegExp(`^1 camera is new\\. Look: cctv camera picture ${name} `, 'm'),
    );
    assert.match(
      (await good('camera', 'show', name)).replaceAll(/\s+/g, ' '),
      /WARNING its key was copied: clients at 192\.0\.2\.1 and 198\.51\.100\.7 took turns/,
    );
    assert.match(await good('status'), /^Next host key +SHA256:n\n +ssh-ed25519 NEXT$/m);
    assert.match(await good('camera', 'adopt', name, 'porch'), /bach\/porch is adopted/);
    await good('camera', 'disable', 'bach/porch');
    fixture.fleet = fleet;
    assert.match(await good('camera', 'list', 'bach'), /^bach\/porch +disabled /m);
    await good('camera', 'enable', 'bach/porch');
    assert.match(await good('camera', 'rename', 'bach/porch', 'patio'), /is now bach\/patio/);
    const out = join(fixture.directory, 'patio.jpg');
    assert.match(await good('camera', 'picture', 'bach/patio', '--out', out), /a picture of bach/);
    assert.deepEqual(readFileSync(out), fixture.picture);
    await good('camera', 'remove', 'bach/patio', '--yes');
  });

  it('refuses a private key before it leaves the program, and files that are none', async () => {
    const add = (path: string) => cctv('camera', 'add', 'bach/new', '--key', path);
    const secret = file('id', '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n');
    assert.match((await add(secret)).stderr, /id is a private key.*id\.pub/);
    assert.match((await add(file('dropbear', '\0\0\0\u000bssh-ed25519'))).stderr, /private key/);
    assert.match((await add('/no/such/file')).stderr, /There is no file \/no\/such\/file/);
    assert.match((await add(fixture.directory)).stderr, /can't be read/);
    assert.match((await add('/dev/zero')).stderr, /too long/);
    assert.match((await add(file('noise', 'noise'))).stderr, /not a public key/);
  });

  it('ends with 2 when the command line is wrong', async () => {
    const wrong = [
      [],
      ['frobnicate'],
      ['camera'],
      ['camera', 'add', 'bach/x'],
      ['camera', 'show', 'bach'],
      ['camera', 'show', '../bach'],
      ['camera', 'status', '--colour'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await cctv(...args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
    assert.equal((await cctv('--help')).code, 0);
    assert.equal((await cctv('--version')).stdout, '0.1.0');
  });

  it('says in a sentence that the daemon is not running, and how to start it', async () => {
    for (const args of [
      ['camera', 'status'],
      ['camera', 'status', '--watch'],
      ['status'],
      ['account', 'add', 'x'],
    ]) {
      const { code, stdout, stderr } = await run('cctv', ['--socket', '/tmp/none.sock', ...args]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^cctv: The daemon is not running: there is no control socket at \/tmp\/none\.sock\. Start it with [^\n]+$/,
      );
    }
  });

  it('says which group may open the socket', async () => {
    // Whoever owns the socket is kept out by its mode; root by nothing, so it becomes somebody else.
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) chmodSync(fixture.socket, 0o000);
    const { code, stderr } = await run('cctv', ['--socket', fixture.socket, 'status'], {
      asStranger: isRoot,
    });
    if (!isRoot) chmodSync(fixture.socket, 0o660);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^cctv: You may not open the control socket .*for the group \w+: join it with/,
    );
  });

  it('finds the socket by --socket, else CCTV_SOCKET, else the configuration', async () => {
    const config = file('config.yaml', `control: {socket: run/control.sock}\n`);
    const status = (args: string[], env: Record<string, string> = {}) =>
      run('cctv', [...args, 'status'], { env });
    assert.equal((await status([], { CCTV_SOCKET: fixture.socket })).code, 0);
    assert.equal((await status(['--config', config])).code, 0);
    assert.match(
      (await status(['--socket', '/tmp/none.sock'], { CCTV_SOCKET: fixture.socket })).stderr,
      /\/tmp\/none\.sock/,
    );
  });

  it('ends quietly when nobody reads on', async () => {
    const shell = `"${process.execPath}" "${cli}" --socket "${fixture.socket}" segments bach/front-door | head -1`;
    const reader = spawn('bash', ['-o', 'pipefail', '-c', shell]);
    let complaints = '';
    reader.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    const [code] = await once(reader, 'exit');
    assert.equal(complaints, '');
    assert.equal(code, 0);
  });
});
