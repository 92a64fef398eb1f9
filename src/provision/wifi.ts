import { pbkdf2Sync } from 'node:crypto';
import { OperatorError } from '../lib/errors.ts';

/** A WPA2 network. */
export interface Wifi {
  /** The name as 1 to 32 bytes of any encoding. */
  readonly ssid: Buffer;
  /** The pre-shared key as 64 hexadecimal digits, which, unlike a password, need no quoting. */
  readonly psk: string;
  /** ISO 3166-1 code of two letters; determines the allowed channels. */
  readonly country?: string;
}

/**
 * Checks an SSID and a password, and computes the key (IEEE 802.11-2020 section J.4.1).
 *
 * @param password 8 to 63 characters of printable ASCII, or the key itself as 64 hexadecimal digits
 * @throws {OperatorError} lists all problems
 */
export function readWifi(ssid: string, password: string, country?: string): Wifi {
  const bytes = Buffer.from(ssid, 'utf8');
  const problems = [
    ...checkSsid(ssid, bytes),
    ...checkPassword(password),
    ...(country === undefined || /^[A-Z]{2}$/.test(country)
      ? []
      : [`The country "${country}" must be two capital letters, such as DE.`]),
  ];
  if (problems.length > 0) throw new OperatorError(problems.join('\n'));
  const psk = /^[0-9a-f]{64}$/i.test(password)
    ? password.toLowerCase()
    : pbkdf2Sync(password, bytes, 4096, 32, 'sha1').toString('hex');
  return { ssid: bytes, psk, country };
}

function checkSsid(ssid: string, bytes: Buffer): string[] {
  if (ssid === '') return ['The Wi-Fi name (SSID) is empty.'];
  if (bytes.length > 32) {
    return [
      `The Wi-Fi name (SSID) is ${bytes.length} bytes long, and no network's is longer than 32; letters beyond ASCII count as 2 to 4.`,
    ];
  }
  // A NUL would end the name in the firmware's C programs, and no access point has one.
  return bytes.includes(0) ? ['The Wi-Fi name (SSID) has a NUL character in it.'] : [];
}

function checkPassword(password: string): string[] {
  if (/^[0-9a-f]{64}$/i.test(password)) return [];
  if (/[^\x20-\x7e]/.test(password)) {
    return [
      'The Wi-Fi password has characters beyond ASCII, or control characters such as a second line: WPA2 allows neither.',
    ];
  }
  if (password.length >= 8 && password.length <= 63) return [];
  return [
    `The Wi-Fi password has ${password.length} characters; WPA2 takes 8 to 63 of them, or 64 hexadecimal digits.`,
  ];
}

/** wpa_supplicant.conf(5) for a network, with the SSID in hex, so that it needs no quotes. */
export function wpaSupplicantConf({ ssid, psk, country }: Wifi): string {
  return [
    'ctrl_interface=/var/run/wpa_supplicant',
    'ap_scan=1',
    ...(country === undefined ? [] : [`country=${country}`]),
    'network={',
    `\tssid=${ssid.toString('hex')}`,
    '\tscan_ssid=1',
    '\tkey_mgmt=WPA-PSK',
    `\tpsk=${psk}`,
    '}',
    '',
  ].join('\n');
}

/**
 * thingino's uenv.txt; undefined for SSIDs with special characters, since the programs that read the file
 * disagree on quotes.
 */
export function uenvText({ ssid, psk }: Wifi): string | undefined {
  const name = ssid.toString('utf8');
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return undefined;
  return `wlan_ssid=${name}\nwlan_pass=${psk}\n`;
}
