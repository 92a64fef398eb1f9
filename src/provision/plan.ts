import { type CardFile, fatKey, layered, text } from './files.ts';
import { type Firmware, readOverlay } from './firmware.ts';
import { type Model, rtspOf } from './models.ts';
import { htdigestLine, shadowHash } from './passwords.ts';
import { knownHosts, type Server, tunnelConf } from './server.ts';
import { uenvText, type Wifi, wpaSupplicantConf } from './wifi.ts';

export const keyPath = 'sapiengraph/id_dropbear';

/** Removed, so that the firmware can't open its own network with a well-known password if it finds none. */
const ownNetwork = ['config/hostapd.conf', 'config/hostapd.conf.dist'];

export interface CardRequest {
  readonly model: Model;
  readonly firmware: Firmware;
  /** The user name with which the camera dials in. */
  readonly login: string;
  /** The camera's host name in its local network; default: the firmware's. */
  readonly hostname?: string;
  readonly servers: readonly Server[];
  /** Each `ALGORITHM BASE64`. */
  readonly hostKeys: readonly string[];
  readonly wifi: Wifi;
  /** The camera's time server; default: the firmware's. */
  readonly timeServer?: string;
  /** Password of root at the camera's own web page and console. */
  readonly password: string;
  /** Absent on a card for many cameras: each camera makes its own key. */
  readonly privateKey?: Buffer;
}

export interface CardPlan {
  /** In the order of writing; the private key, if there is one, comes last. */
  readonly files: readonly CardFile[];
  /** Files that must not be on the card, but may be there from an earlier use or the firmware. */
  readonly absent: readonly string[];
}

/** Lists the files of a card. */
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

/** Sets one setting in a text of `name=value` lines. */
function withSetting(file: string, name: string, value: string): string {
  const lines = file.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith(`${name}=`));
  return `${[...lines, `${name}=${value}`].join('\n')}\n`;
}
