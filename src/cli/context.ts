import type { Command } from 'commander';
import { defaultConfigFile, defaultControlSocket, readControlSocket } from '../config/load.ts';
import { existsSync } from 'node:fs';
import { type CameraName, labelRule, parseCameraName } from '../lib/names.ts';
import { DaemonClient } from './client.ts';
import { UsageError } from './errors.ts';

export interface GlobalOptions {
  readonly socket?: string;
  readonly config?: string;
}

/** The daemon that the command line, the environment or the configuration names. */
export function clientOf(command: Command): DaemonClient {
  const { socket, config } = command.optsWithGlobals<GlobalOptions>();
  return new DaemonClient(socket ?? (process.env['CCTV_SOCKET'] || socketOf(config)));
}

function socketOf(config: string | undefined): string {
  if (config !== undefined) return readControlSocket(config);
  if (!existsSync(defaultConfigFile)) return defaultControlSocket;
  try {
    return readControlSocket(defaultConfigFile);
  } catch {
    // It may hold secrets that this user may not read; the usual place is a good guess then.
    return defaultControlSocket;
  }
}

/** @throws {UsageError} if it is not ACCOUNT/NAME */
export function readCameraName(text: string): CameraName {
  const name = parseCameraName(text);
  if (name !== undefined) return name;
  throw new UsageError(
    `"${text.slice(0, 200)}" is no camera: write ACCOUNT/NAME, such as bach/front-door. Each is ${labelRule}.`,
  );
}

export const pathOf = ({ account, camera }: CameraName): string => `${account}/${camera}`;

export function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

export const printJson = (value: unknown): void => print([JSON.stringify(value, undefined, 2)]);
