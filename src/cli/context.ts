import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { readControlSocket } from '../config/control-socket.ts';
import { defaultConfigFile, defaultControlSocket } from '../config/places.ts';
import { type CameraName, isLabel, labelRule, parseCameraName } from '../model/camera-name.ts';
import { OperatorError } from '../lib/errors.ts';
import { DaemonClient } from './client.ts';
import { UsageError } from './errors.ts';
import { harmless, harmlessJson } from './plain.ts';

export interface GlobalOptions {
  readonly socket?: string;
  readonly config?: string;
}

/** A client of the daemon whose socket the command line, the environment or the configuration names. */
export const clientOf = (command: Command): DaemonClient =>
  new DaemonClient(() => socketOf(command));

/** @throws {OperatorError} the control socket can't be read from the configuration given with --config */
export async function socketOf(command: Command): Promise<string> {
  const { socket, config } = command.optsWithGlobals<GlobalOptions>();
  const named = socket ?? process.env['CCTV_SOCKET'] ?? '';
  if (named !== '') return named;
  if (config !== undefined) return await readControlSocket(config);
  if (!existsSync(defaultConfigFile)) return defaultControlSocket;
  try {
    return await readControlSocket(defaultConfigFile);
  } catch {
    // This user may not be allowed to read the configuration, as it may contain secrets: guess the default.
    return defaultControlSocket;
  }
}

/** @throws {UsageError} the text is not ACCOUNT/NAME */
export function readCameraName(text: string): CameraName {
  const name = parseCameraName(text);
  if (name !== undefined) return name;
  throw new UsageError(
    `"${text.slice(0, 200)}" is no camera: write ACCOUNT/NAME, such as bach/front-door. Each is ${labelRule}.`,
  );
}

/** @throws {UsageError} the text can't be the name of an account */
export function readAccountName(text: string): string {
  if (isLabel(text)) return text;
  throw new UsageError(
    `"${text.slice(0, 200)}" is no account: write its name, such as bach. It is ${labelRule}.`,
  );
}

/**
 * Call it when a list is empty, to tell an unknown account from an account without entries.
 *
 * @throws {OperatorError} there is no such account
 */
export async function refuseUnknownAccount(client: DaemonClient, name: string): Promise<void> {
  for await (const { accounts } of client.pages('/accounts', 'AccountsAnswer')) {
    if (accounts.some((account) => account.name === name)) return;
  }
  throw new OperatorError(`There is no account ${name}. Add it with: cctv account add ${name}`);
}

export const pathOf = ({ account, camera }: CameraName): string => `${account}/${camera}`;

export function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n').split('\n').map(harmless).join('\n')}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${harmlessJson(JSON.stringify(value, undefined, 2))}\n`);
}
