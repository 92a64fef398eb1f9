import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import { examineConfig } from '../config/load.ts';
import { defaultConfigFile, defaultControlSocket } from '../config/places.ts';
import { readSource } from '../config/source.ts';
import type { Environment } from '../config/secrets.ts';
import { asService, hiddenCredentials } from '../config/service-credentials.ts';
import { makeBundle } from '../doctor/bundle.ts';
import type { DaemonView } from '../doctor/daemon.ts';
import { examine } from '../doctor/doctor.ts';
import type { Patient } from '../doctor/patient.ts';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { readVersion } from '../lib/version.ts';
import { allCameras } from './all-cameras.ts';
import { DaemonClient } from './client.ts';
import { print, printJson } from './context.ts';
import { copyOfLedger } from './ledger-copy.ts';
import { exitCodes } from './errors.ts';
import { doctorScreen } from './screens/doctor-screen.ts';
import { onStopSignals } from './signals.ts';

const unit = 'sapiengraph-cctv';

interface Options {
  /** Finds the control socket; rejects if the configuration can't be read. */
  readonly socket: () => Promise<string>;
  readonly file: string | undefined;
}

/** `cctv doctor` */
export async function runDoctor({ json, ...options }: Options & { json: boolean }): Promise<void> {
  using stop = onStopSignals();
  await using copy = await copyOfLedger(clientFrom(options));
  const findings = await examine(await patientOf(options, copy.path), stop.signal);
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
  await using copy = await copyOfLedger(client);
  const patient = await patientOf(options, copy.path);
  const findings = await examine(patient, stop.signal);
  const { bytes, lack } = await makeBundle(
    {
      patient,
      findings,
      unit,
      screen: doctorScreen,
      ask: {
        cameras: () => allCameras(client),
        metrics: async () => (await client.bytes('/metrics')).toString(),
      },
    },
    stop.signal,
  );
  try {
    // The bundle has no secrets, but is still private.
    await writeFile(out, bytes, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new OperatorError(
      errorCode(error) === 'EEXIST'
        ? `${out} is there already. Give another name.`
        : `${out} can't be written: ${describeError(error)}.`,
      { cause: error },
    );
  }
  print([
    `${out} is written (${Math.ceil(bytes.length / 1000)} kB). Passwords and keys are not in it; its README.txt says what is. Look through it before you send it: tar tzf ${out}`,
    ...(lack === undefined
      ? []
      : [`Status, cameras and log are left out, lest they have a secret in them: ${lack}.`]),
  ]);
}

/** Guesses the default control socket if the configuration is broken. */
function clientFrom({ socket }: Options): DaemonClient {
  return new DaemonClient(() => socket().catch(() => defaultControlSocket));
}

async function patientOf(options: Options, ledgerCopy?: string): Promise<Patient> {
  const { file = defaultConfigFile } = options;
  const env = asService(file, process.env);
  const daemon = await viewOf(clientFrom(options));
  const found = examined(file, env);
  return {
    file,
    env,
    daemon,
    version: readVersion(),
    ledgerCopy,
    hiddenCredentials: hiddenCredentials(file, process.env),
    problems: found.problems,
    // If the file can't be used, examine the last good configuration, which the daemon runs with.
    ...(found.config === undefined ? inUse(daemon, file, env) : { config: found.config }),
  };
}

function examined(file: string, env: Environment): Pick<Patient, 'config' | 'problems'> {
  try {
    return examineConfig(file, env);
  } catch (error) {
    return { problems: [error instanceof OperatorError ? error.message : describeError(error)] };
  }
}

function inUse(
  { status }: DaemonView,
  file: string,
  env: Environment,
): { readonly config?: Config } {
  const copy = status?.refusedConfiguration?.copy;
  if (copy === undefined) return {};
  try {
    const { config } = examineConfig(file, env, readSource(copy));
    return config === undefined ? {} : { config };
  } catch {
    // Only the service and root may read the copy.
    return {};
  }
}

async function viewOf(client: DaemonClient): Promise<DaemonView> {
  try {
    return { status: await client.get('/status', 'StatusAnswer') };
  } catch (error) {
    return { silence: describeError(error) };
  }
}
