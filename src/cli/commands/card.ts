import { rmSync, writeFileSync } from 'node:fs';
import type { CameraAnswer } from '../../contract/cameras.ts';
import { neverConnected } from '../../model/camera-state.ts';
import { describeError, OperatorError } from '../../lib/errors.ts';
import { type CameraName, formatCameraName } from '../../model/camera-name.ts';
import { type DropbearKey, makeDropbearKey } from '../../provision/dropbear-key.ts';
import { makeCard } from '../../provision/make-card.ts';
import { rtspOf } from '../../provision/models.ts';
import { randomPassword } from '../../provision/passwords.ts';
import { planCard } from '../../provision/plan.ts';
import { readServer, type Server, serverOfListener } from '../../provision/server.ts';
import { allCameras } from '../all-cameras.ts';
import type { DaemonClient } from '../client.ts';
import { print, refuseUnknownAccount } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { CardFlags } from './card-options.ts';
import type { streamOf } from './stream-options.ts';
import { type CardSettings, Problems, readCardFlags } from './card-settings.ts';

type Stream = Awaited<ReturnType<typeof streamOf>>;

/** `cctv camera add --card`: a card for one camera, which is registered once the card is verified. */
export async function addCameraOnCard(
  client: DaemonClient,
  name: CameraName,
  flags: CardFlags,
  stream: Stream,
): Promise<void> {
  const problems = new Problems();
  const settings = await readCardFlags(flags, problems);
  const dialled = await problems.attempt(() => readDialled(client, flags));
  await problems.attempt(() => refuseUnusable(client, name));
  problems.throwIfAny();
  if (settings === undefined || dialled === undefined) return;

  const key = makeDropbearKey();
  const written = await writeCard(settings, dialled, {
    login: `${name.account}.${name.camera}`,
    hostname: name.camera,
    privateKey: key.file,
    register: () => register(client, name, key, settings, stream),
  });
  if (written === undefined) return print(['Nothing was changed.']);
  print([
    `Camera ${formatCameraName(name)} is added, with the key ${key.fingerprint}. Until it dials in, its state is: ${neverConnected}.`,
    ...written,
    'Put the card into the camera and plug it in: after two minutes it is in the list of cctv camera status.',
    `What its lights say is in firmware/${settings.model.family}/README.md.`,
  ]);
}

/** `cctv enrol card`: one card for many cameras. */
export async function makeEnrolCard(
  client: DaemonClient,
  flags: CardFlags & { readonly token: string },
): Promise<void> {
  const problems = new Problems();
  await problems.attempt(() => refuseNonToken(flags.token));
  const settings = await readCardFlags(flags, problems);
  const dialled = await problems.attempt(() => readDialled(client, flags));
  problems.throwIfAny();
  if (settings === undefined || dialled === undefined) return;
  const written = await writeCard(settings, dialled, {
    login: `enrol.${flags.token}`,
    register: () => Promise.resolve(),
  });
  if (written === undefined) return print(['Nothing was changed.']);
  print([
    ...written,
    ...aboutToken(settings),
    'Copy it as often as there are cameras. Each makes its own key at its first start, and shows up as new.',
    'Whoever has such a card can enrol a camera with it, as long as the token is good.',
  ]);
}

/** The servers that cameras dial, and the host keys by which cameras recognise them. */
interface Dialled {
  readonly servers: readonly Server[];
  readonly hostKeys: readonly string[];
}

async function readDialled(client: DaemonClient, { server }: CardFlags): Promise<Dialled> {
  const { tunnel } = await client.get('/status', 'StatusAnswer');
  const { port } = readServer(tunnel.address, 22);
  const servers = server?.map((text) => readServer(text, port));
  return {
    servers: servers ?? [serverOfListener(tunnel.address)],
    hostKeys: tunnel.hostKeys.map(({ line }) => line),
  };
}

async function refuseUnusable(client: DaemonClient, name: CameraName): Promise<void> {
  await refuseUnknownAccount(client, name.account);
  if ((await findCamera(client, name)) === undefined) return;
  throw new OperatorError(
    `There is a camera ${formatCameraName(name)} already. Choose another name; or for new hardware in its place: cctv camera replace ${formatCameraName(name)}`,
  );
}

async function findCamera(
  client: DaemonClient,
  name: CameraName,
): Promise<CameraAnswer | undefined> {
  const cameras = await allCameras(client, name.account);
  return cameras.find(({ camera }) => camera === name.camera);
}

interface Identity {
  readonly login: string;
  readonly hostname?: string;
  readonly privateKey?: Buffer;
  readonly register: () => Promise<void>;
}

/** Writes the card, and returns notes for the operator; undefined if the operator declined. */
async function writeCard(
  settings: CardSettings,
  dialled: Dialled,
  { register: registerCamera, ...identity }: Identity,
): Promise<string[] | undefined> {
  const { target, cameraPasswordFile: file, ...rest } = settings;
  const password = randomPassword();
  const plan = planCard({ ...rest, ...dialled, ...identity, password });
  using interrupt = onInterrupt();
  const card = await makeCard({
    target,
    plan,
    signal: interrupt.signal,
    register: () =>
      file === undefined ? registerCamera() : keeping(file, `${password}\n`, registerCamera),
  });
  if (card === undefined) return undefined;
  return [
    `The card ${card.name} is written, and was read back and compared.`,
    ...card.notes,
    ...(settings.model.family === 'dafang' ? [aboutPassword(password, file)] : []),
  ];
}

/** The stream options that the token needs, if cameras of the model don't have the default stream. */
function aboutToken({ model }: CardSettings): string[] {
  const { path, login } = rtspOf[model.family];
  return login === undefined
    ? []
    : [
        `The token must be one that was made with --rtsp-path ${path} --rtsp-user ${login.user} --rtsp-password-file FILE (the password is ${login.password}, unless you changed it).`,
      ];
}

const aboutPassword = (password: string, file: string | undefined): string =>
  file === undefined
    ? `The camera's own web page and console: user root, password ${password} (it is shown this once).`
    : `The camera's own web page and console: user root, password in ${file}.`;

/** Writes a secret to a new file, and removes the file again if `work` fails. */
async function keeping(path: string, secret: string, work: () => Promise<void>): Promise<void> {
  try {
    writeFileSync(path, secret, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new OperatorError(`${path} can't be written: ${describeError(error)}.`, { cause: error });
  }
  try {
    await work();
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

async function register(
  client: DaemonClient,
  name: CameraName,
  key: DropbearKey,
  { model }: CardSettings,
  stream: Stream,
): Promise<void> {
  const { path, login } = rtspOf[model.family];
  const { rtspPath = path, profile } = stream;
  const credentials =
    stream.rtspUser === undefined && login !== undefined
      ? { rtspUser: login.user, rtspPassword: login.password }
      : { rtspUser: stream.rtspUser, rtspPassword: stream.rtspPassword };
  const { account, camera } = name;
  const request = { account, name: camera, key: key.publicLine, rtspPath, ...credentials, profile };
  try {
    await client.post('/cameras', 'CameraAnswer', request);
  } catch (error) {
    // The daemon may have registered the camera although its answer was lost.
    const found = await findCamera(client, name).catch(() => 'unknown' as const);
    if (found === 'unknown') {
      throw new OperatorError(
        `${describeError(error)} Whether ${formatCameraName(name)} was registered can't be told; if cctv camera list shows it later, remove it and make the card again.`,
        { cause: error },
      );
    }
    if (found?.settings?.keys.some(({ fingerprint }) => fingerprint === key.fingerprint)) return;
    throw error;
  }
}

function refuseNonToken(token: string): void {
  if (/^[a-z2-7]{32}$/.test(token)) return;
  throw new UsageError(
    'This is no token: it has 32 letters and digits. cctv enrol token ACCOUNT makes one.',
  );
}

/** Aborts at the first Ctrl-C, so that the work is rolled back; a second Ctrl-C kills the program. */
function onInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const forget = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  const stop = (): void => {
    forget();
    controller.abort(new OperatorError('Stopped: the card is not finished.'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, [Symbol.dispose]: forget };
}
