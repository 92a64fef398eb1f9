import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../../src/lib/child.ts';
import { eventually } from '../support/until.ts';
import { bearerbox, fakesmsc, smsbox } from '../support/tools.ts';
import { freePorts } from '../support/ports.ts';

const readyWithinMs = 20_000;

/** A message as the short message centre got it. */
export interface ReceivedSms {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** Kannel with its fake short message centre. */
export interface Kannel extends AsyncDisposable {
  /** Of smsbox, without a query. */
  readonly sendUrl: string;
  readonly user: string;
  readonly password: string;
  /** For the configuration: with `{password}` and reports. */
  readonly urlTemplate: string;
  /** All that arrived at the centre, oldest first; parts of long messages one by one. */
  received(): Promise<ReceivedSms[]>;
  /** Takes the centre away: what is sent is queued. */
  stopCentre(): Promise<void>;
  startCentre(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Real Kannel (bearerbox, smsbox and fakesmsc) on free ports of 127.0.0.1, ready by the time it is
 * returned. It dies with this process.
 *
 * @param directory where it may write; an existing one
 */
export async function startKannel(directory: string): Promise<Kannel> {
  const ports = await freePorts(4);
  const [admin = 0, boxes = 0, centrePort = 0, http = 0] = ports;
  const file = join(directory, 'kannel.conf');
  await writeFile(file, configuration({ admin, boxes, centre: centrePort, http }));
  const running: Child[] = [];
  const log = join(directory, 'centre.log');
  await writeFile(log, '');
  let centre: Child | undefined;
  const startCentre = async (): Promise<void> => {
    const before = (await readFile(log, 'latin1')).length;
    // It ends with its input, so that is a pipe which it holds open itself; and it prints messages
    // at its most talkative.
    const script =
      '[ -p "$1" ] || mkfifo "$1"; exec "$0" -H 127.0.0.1 -r "$2" -v 0 -m 0 none <>"$1" >>"$3" 2>&1';
    const pipe = join(directory, 'centre.in');
    const args = ['-c', script, fakesmsc(), pipe, String(centrePort), log];
    centre = new Child({ name: 'fakesmsc', file: 'sh', args });
    await eventually('a connection of fakesmsc', readyWithinMs, async () =>
      (await readFile(log, 'latin1')).slice(before).includes('Connecting to'),
    );
  };
  const stop = async (): Promise<void> => {
    await centre?.stop();
    for (const child of running.reverse()) await child.stop();
  };
  const start = (name: string, program: string, readyLine: RegExp): Promise<void> => {
    const ready = Promise.withResolvers<void>();
    const onLine = (line: string): void => {
      if (readyLine.test(line)) ready.resolve();
    };
    const child = new Child({
      name,
      file: program,
      args: ['-v', '0', file],
      cwd: directory,
      onStdoutLine: onLine,
      onStderrLine: onLine,
      // It waits for its threads, some of which sleep.
      graceMs: 1_000,
    });
    running.push(child);
    const timeout = AbortSignal.timeout(readyWithinMs);
    return Promise.race([
      ready.promise,
      child.ended(timeout).then(() => {
        throw new Error(`${name} was not ready within ${readyWithinMs / 1000} s`);
      }),
    ]);
  };
  try {
    await start('bearerbox', bearerbox(), /Start-up done/);
    await start('smsbox', smsbox(), /Started thread .*|entering mainloop|Connected to bearerbox/i);
    await eventually('an answer of smsbox', readyWithinMs, () =>
      fetch(`http://127.0.0.1:${http}/`, { signal: AbortSignal.timeout(2_000) }).then(() => true),
    );
    await startCentre();
  } catch (error) {
    await stop();
    throw error;
  }
  const sendUrl = `http://127.0.0.1:${http}/cgi-bin/sendsms`;
  return {
    sendUrl,
    user: 'cctv',
    password: 'kannel-password',
    urlTemplate: `${sendUrl}?username=cctv&password={password}&to={to}&text={text}&charset=UTF-8&coding={coding}&dlr-mask=31&dlr-url={report}%3Fstate%3D%25d%26detail%3D%25A`,
    received: async () => receivedIn(await readFile(log, 'latin1')),
    stopCentre: async () => {
      await centre?.stop();
      centre = undefined;
    },
    startCentre,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const configuration = (port: Record<'admin' | 'boxes' | 'centre' | 'http', number>): string => `
group = core
admin-port = ${port.admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = ${port.boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = fake
port = ${port.centre}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${port.http}
sendsms-interface = 127.0.0.1
global-sender = 13013

group = sendsms-user
username = cctv
password = kannel-password
max-messages = 3
concatenation = true
`;

function receivedIn(log: string): ReceivedSms[] {
  const messages = log.matchAll(
    /Got message \d+: <(\S+) (\S+) (text|ucs-2|\S+) ([\s\S]*?)>\n(?=\d{4}-\d\d-\d\d |$)/g,
  );
  return Array.from(messages, ([, from = '', to = '', form, bytes = '']) => {
    const text = form === 'ucs-2' ? fromUcs2(bytes) : Buffer.from(bytes, 'latin1').toString('utf8');
    return { from, to, text };
  });
}

/** Bytes of UCS-2, as in URLs. */
const fromUcs2 = (encoded: string): string =>
  Buffer.from(
    encoded
      .replaceAll('+', ' ')
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    'latin1',
  )
    .swap16()
    .toString('utf16le');
