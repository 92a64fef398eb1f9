import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { examineConfig } from '../config/load.ts';
import { defaultConfigFile, defaultControlSocket } from '../config/places.ts';
import type { Environment } from '../config/secrets.ts';
import type { CamerasAnswer, StatusAnswer } from '../console/api.ts';
import { makeBundle } from '../doctor/bundle.ts';
import { type DaemonView, examine, type Patient } from '../doctor/doctor.ts';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { readVersion } from '../lib/version.ts';
import { DaemonClient } from './client.ts';
import { print, printJson } from './context.ts';
import { exitCodes } from './errors.ts';
import { doctorScreen } from './screens/doctor-screen.ts';
import { onStopSignals } from './signals.ts';

const unit = 'sapiengraph-cctv';

interface Options {
  /** Rejects if the configuration doesn't say where it is. */
  readonly socket: () => Promise<string>;
  readonly file: string | undefined;
}

/** `cctv doctor` */
export async function runDoctor({ json, ...options }: Options & { json: boolean }): Promise<void> {
  using stop = onStopSignals();
  const findings = await examine(await patientOf(options), stop.signal);
  if (json) printJson({ findings });
  else print(doctorScreen(findings));
  const sick = findings.some(({ severity }) => severity === 'problem');
  process.exitCode = sick ? exitCodes.failed : exitCodes.done;
}

/** `cctv support-bundle` */
export async function runSupportBundle({
  out,
  ...options
}: Options & { out: string }): Promise<void> {
  if (existsSync(out)) throw new OperatorError(`${out} is there already. Give another name.`);
  using stop = onStopSignals();
  const client = clientFrom(options);
  const patient = await patientOf(options);
  const findings = await examine(patient, stop.signal);
  const bundle = await makeBundle(
    {
      ...{ patient, findings, unit },
      screen: doctorScreen,
      ask: {
        cameras: async () => {
          const cameras: unknown[] = [];
          for await (const page of client.pages<CamerasAnswer>('/cameras')) {
            cameras.push(...page.cameras);
          }
          return cameras;
        },
        metrics: async () => (await client.bytes('/metrics')).toString(),
      },
    },
    stop.signal,
  );
  try {
    // Without secrets, but not for everybody either.
    await writeFile(out, bundle, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new OperatorError(
      errorCode(error) === 'EEXIST'
        ? `${out} is there already. Give another name.`
        : `${out} can't be written: ${describeError(error)}.`,
      { cause: error },
    );
  }
  print([
    `${out} is written (${Math.ceil(bundle.length / 1000)} kB). Passwords and keys are not in it; its README.txt says what is. Look through it before you send it: tar tzf ${out}`,
  ]);
}

/** With a broken configuration, the usual place is a good guess. */
function clientFrom({ socket }: Options): DaemonClient {
  return new DaemonClient(() => socket().catch(() => defaultControlSocket));
}

async function patientOf(options: Options): Promise<Patient> {
  const { file = defaultConfigFile } = options;
  const env = withCredentials(file, process.env);
  return {
    ...{ file, env, version: readVersion() },
    ...examined(file, env),
    daemon: await viewOf(clientFrom(options)),
  };
}

function examined(file: string, env: Environment): Pick<Patient, 'config' | 'problems'> {
  try {
    return examineConfig(file, env);
  } catch (error) {
    return { problems: [error instanceof OperatorError ? error.message : describeError(error)] };
  }
}

/** The service gets its credentials from systemd; its unit says from which files. */
function withCredentials(file: string, env: Environment): Environment {
  const directory = [
    env['CREDENTIALS_DIRECTORY'],
    join('/run/credentials', `${unit}.service`),
    dirname(file),
  ].find((one) => one !== undefined && existsSync(join(one, 'bucket-secret-access-key')));
  return directory === undefined ? env : { ...env, CREDENTIALS_DIRECTORY: directory };
}

async function viewOf(client: DaemonClient): Promise<DaemonView> {
  try {
    return { status: await client.get<StatusAnswer>('/status') };
  } catch (error) {
    return { silence: describeError(error) };
  }
}
