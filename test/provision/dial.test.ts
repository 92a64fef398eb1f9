import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Site } from '../support/site.ts';
import { dbclients } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { makeFirmware } from './stand-in-firmware.ts';

describe('a camera with its card', () => {
  it('waits for first contact, dials in with what is on the card, and is known', async () => {
    await using site = await Site.start();
    const card = join(site.directory, 'card');
    const password = join(site.directory, 'password');
    const firmware = makeFirmware(join(site.directory, 'firmware_mod'));
    mkdirSync(card);
    writeFileSync(password, 'pa$$ w\\ord');
    await site.cctv('account', 'add', 'bach');
    await site.cctv(
      'camera',
      'add',
      'bach/front-door',
      '--card',
      card,
      '--firmware',
      firmware,
      '--model',
      'wyzecam-v2',
      '--wifi-ssid',
      'shop',
      '--wifi-password-file',
      password,
      '--server',
      `127.0.0.1:${site.tunnelPort}`,
    );
    assert.match(await site.cctv('camera', 'list'), /^bach\/front-door +never connected/m);

    const home = join(card, 'sapiengraph');
    const conf = readFileSync(join(home, 'tunnel.conf'), 'utf8');
    const value = (name: string): string =>
      new RegExp(`^${name}='(.*)'$`, 'm').exec(conf)?.[1] ?? assert.fail(`no ${name}`);
    const [host = '', port = ''] = value('SERVERS').split(':');
    // As firmware/common/tunnel.sh runs it.
    const client = spawn(
      dbclients()[0]?.dbclient ?? assert.fail('no dbclient'),
      [
        '-N',
        '-T',
        '-K',
        '10',
        '-i',
        join(home, 'id_dropbear'),
        '-o',
        'ExitOnForwardFailure=yes',
        '-R',
        `554:${value('RTSP')}`,
        '-p',
        port,
        `${value('LOGIN')}@${host}`,
      ],
      { env: { ...process.env, HOME: home }, stdio: 'ignore' },
    );
    const gone = once(client, 'exit');
    try {
      const [status] = await eventually('the camera', 15_000, async () => {
        const connected = await site.connected();
        return connected.length > 0 ? connected : undefined;
      });
      assert.deepEqual([status?.account, status?.camera], ['bach', 'front-door']);
    } finally {
      client.kill('SIGKILL');
      await gone;
    }
  });
});
