import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a copy of Dafang-Hacks' firmware_mod has, as far as cards care; the programs are none. */
const files: Readonly<Record<string, string | Buffer>> = {
  'run.sh': '#!/bin/sh\n',
  'bin/dropbearmulti': Buffer.alloc(503_492, 'not a program '),
  'bin/busybox': Buffer.alloc(700_000, 7),
  'controlscripts/rtsp': '#!/bin/sh\n',
  'config/autostart/rtsp': '#!/bin/sh\n/system/sdcard/controlscripts/rtsp\n',
  'config/autostart/dropbear': '#!/bin/sh\n/system/sdcard/controlscripts/dropbear\n',
  'config/ssh.conf.dist': 'ssh_port=22\nssh_password=on\n',
  'config/lighttpd.user': '# by default root:ismart12\nroot:all:a6564902a687c445cbd80bab194c42d5\n',
  'config/hostapd.conf.dist': 'interface=wlan0\nwpa_passphrase=ismart12\nwpa=2\n',
  'config/hostname.conf': 'DAFANG\n',
  'config/ntp_srv.conf': 'time.google.com\n',
  'config/wpa_supplicant.conf.dist': 'network={\n ssid="SSID"\n}\n',
  'etc/shadow': 'root:rJ0FHsG0ZbyZo:10933:0:99999:7:::\nother:*:10933:0:99999:7:::\n',
  'driver/sensor.ko': Buffer.alloc(100_000, 1),
  'driver_t20l/sensor.ko': Buffer.alloc(90_000, 2),
  'uEnv.boot.txt': 'mem=104M\n',
  'uEnv.boot.t20l.txt': 'mem=39M\n',
  'www/css/a name with spaces, and ümläuts.css': 'body {}\n',
  'empty.txt': '',
};

/** Puts it into a directory, and returns that. */
export function makeFirmware(directory: string): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (path.endsWith('.sh') || path.startsWith('bin/')) chmodSync(file, 0o755);
  }
  return directory;
}

export const firmwarePaths = Object.keys(files);
