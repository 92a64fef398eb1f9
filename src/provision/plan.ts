import { type CardFile, fatKey, layered, text } from './files.ts';
import { type Firmware, readOverlay } from './firmware.ts';
import { type Model, rtspOf } from './models.ts';
import { htdigestLine, shadowHash } from './passwords.ts';
import { knownHosts, type Server, tunnelConf } from './server.ts';
import { uenvText, type Wifi, wpaSupplicantConf } from './wifi.ts';

export const keyPath = 'sapiengraph/id_dropbear';

/** Without these the firmware, at a loss for a network, can't open one of its own with a known password. */
const ownNetwork = ['config/hostapd.conf', 'config/hostapd.conf.dist'];

export interface CardRequest {
  readonly model: Model;
  readonly firmware: Firmware;
  /** The user name that the camera dials in with. */
  readonly login: string;
  /** What the camera calls itself in its own network; the firmware's own choice unless given. */
  readonly hostname?: string;
  readonly servers: readonly Server[];
  /** Each `ALGORITHM BASE64`. */
  readonly hostKeys: readonly string[];
  readonly wifi: Wifi;
  /** Whom it asks for the time; the firmware's own choice unless given. */
  readonly timeServer?: string;
  /** Of root, at the camera's own web page and console. */
  readonly password: string;
  /** Absent on a card for many cameras: each makes its own. */
  readonly privateKey?: Buffer;
}

export interface CardPlan {
  /** In the order in which they are written; the private key, if there is one, is the last. */
  readonly files: readonly CardFile[];
  /** What an earlier use, or the firmware, may have put on the card, and must not be there. */
  readonly absent: readonly string[];
}

/** All that goes onto a card. */
export function planCard(request: CardRequest): CardPlan {
  const { model, firmware, privateKey } = request;
  const layers = [firmware.files, ...readOverlay(model.family), cameraFiles(request)];
  const absent = [keyPath, 'runonce.done', ...(model.family === 'dafang' ? ownNetwork : [])];
  const files = layered(...layers).filter(({ path }) => !absent.includes(fatKey(path)));
  return {
    files: [
      ...files,
      ...(privateKey === undefined ? [] : [{ path: keyPath, content: privateKey, secret: true }]),
    ],
    absent,
  };
}

function cameraFiles(request: CardRequest): CardFile[] {
  const { model, servers, login, hostKeys } = request;
  return [
    text('sapiengraph/tunnel.conf', tunnelConf(servers, login, rtspOf[model.family].address)),
    text('sapiengraph/.ssh/known_hosts', knownHosts(servers, hostKeys)),
    ...(model.family === 'dafang' ? dafangFiles(request) : thinginoFiles(request)),
  ];
}

function dafangFiles({ firmware, hostname, wifi, timeServer, password }: CardRequest): CardFile[] {
  const ssh = firmware.text('config/ssh.conf') ?? firmware.text('config/ssh.conf.dist') ?? '';
  const root = `root:${shadowHash(password)}:10933:0:99999:7:::`;
  const others = (firmware.text('etc/shadow') ?? '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('root:'));
  return [
    text('config/wpa_supplicant.conf', wpaSupplicantConf(wifi), true),
    ...(hostname === undefined ? [] : [text('config/hostname.conf', `${hostname}\n`)]),
    ...(timeServer === undefined ? [] : [text('config/ntp_srv.conf', `${timeServer}\n`)]),
    text('config/ssh.conf', withSetting(ssh === '' ? 'ssh_port=22\n' : ssh, 'ssh_password', 'off')),
    text('config/lighttpd.user', htdigestLine('root', 'all', password), true),
    text('etc/shadow', `${[root, ...others].join('\n')}\n`, true),
  ];
}

function thinginoFiles({ firmware, hostname, wifi, timeServer }: CardRequest): CardFile[] {
  const network = uenvText(wifi);
  const others = (firmware.text('uenv.txt') ?? '')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !/^wlan_(ssid|pass)=/.test(line))
    .map((line) => `${line}\n`)
    .join('');
  return [
    text('sapiengraph/wpa_supplicant.conf', wpaSupplicantConf(wifi), true),
    ...(network === undefined ? [] : [text('uenv.txt', others + network, true)]),
    ...(hostname === undefined ? [] : [text('sapiengraph/hostname', `${hostname}\n`)]),
    ...(timeServer === undefined ? [] : [text('sapiengraph/ntp', `${timeServer}\n`)]),
  ];
}

/** A file of `name=value` lines with one of them set. */
function withSetting(file: string, name: string, value: string): string {
  const lines = file.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith(`${name}=`));
  return `${[...lines, `${name}=${value}`].join('\n')}\n`;
}
