import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { readWifi, uenvText, wpaSupplicantConf } from '../../src/provision/wifi.ts';
import { wpaPassphrase } from '../support/tools.ts';

const odd = [
  ['Bach\'s "Café" $5', 'pa$$ w\\ord"\'`#'],
  ['日本語の無線', '$(reboot)&&;|<>'],
  [' leading and trailing ', '        '],
  ['\\x41\\"', '!'.repeat(63)],
  ['a', '12345678'],
  ['#'.repeat(32), '=%{}[]~^*?'],
] as const;

describe('the Wi-Fi of a card', () => {
  it('has the key that IEEE 802.11 gives for an SSID and a password', () => {
    // IEEE 802.11-2020, annex J.4.2.
    const vectors = [
      ['IEEE', 'password', 'f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e'],
      [
        'ThisIsASSID',
        'ThisIsAPassword',
        '0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af',
      ],
      [
        'Z'.repeat(32),
        'a'.repeat(32),
        'becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62',
      ],
    ] as const;
    for (const [ssid, password, psk] of vectors) assert.equal(readWifi(ssid, password).psk, psk);
  });

  for (const [ssid, password] of odd) {
    it(`has the key that wpa_passphrase computes for ${JSON.stringify(ssid)}`, async () => {
      const { stdout } = await execa(wpaPassphrase(), [ssid, password]);
      assert.equal(readWifi(ssid, password).psk, /^\tpsk=([0-9a-f]{64})$/m.exec(stdout)?.[1]);
    });

    it(`quotes nothing in wpa_supplicant.conf for ${JSON.stringify(ssid)}`, () => {
      const conf = wpaSupplicantConf(readWifi(ssid, password, 'DE'));
      const hex = /^\tssid=([0-9a-f]+)$/m.exec(conf)?.[1] ?? '';
      assert.equal(Buffer.from(hex, 'hex').toString('utf8'), ssid);
      assert.match(conf, /^country=DE$/m);
      assert.match(conf, /^[\n\t\w=/{}-]+$/);
    });
  }

  it('takes a key of 64 hexadecimal digits as it is', () => {
    assert.equal(readWifi('IEEE', 'AB'.repeat(32)).psk, 'ab'.repeat(32));
  });

  it("is in thingino's uenv.txt only if all its readers take it for the same", () => {
    assert.equal(
      uenvText(readWifi('shop-2.4G_x', 'password')),
      `wlan_ssid=shop-2.4G_x\nwlan_pass=${readWifi('shop-2.4G_x', 'password').psk}\n`,
    );
    for (const [ssid, password] of odd.filter(([name]) => name !== 'a')) {
      assert.equal(uenvText(readWifi(ssid, password)), undefined);
    }
  });

  it('is refused with a sentence if it can not be', () => {
    const bad: readonly (readonly [string, string, RegExp])[] = [
      ['', 'password', /name \(SSID\) is empty/],
      ['ä'.repeat(17), 'password', /34 bytes long, and no network's is longer than 32/],
      ['a\0b', 'password', /NUL/],
      ['shop', 'seven 7', /7 characters; WPA2 takes 8 to 63/],
      ['shop', 'x'.repeat(64), /64 characters; WPA2 takes 8 to 63/],
      ['shop', 'pässword', /beyond ASCII/],
      ['shop', 'password\nmore', /second line/],
      ['', 'short', /empty[^]*5 characters/],
    ];
    for (const [ssid, password, message] of bad) {
      assert.throws(() => readWifi(ssid, password), { name: 'OperatorError', message });
    }
    assert.throws(() => readWifi('shop', 'password', 'Germany'), /two capital letters/);
  });
});
