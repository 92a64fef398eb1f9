import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { Config } from '../config/config.ts';
import { findProgram } from '../config/programs.ts';
import type { Environment } from '../config/secrets.ts';
import { Child } from '../lib/child.ts';
import { describeError } from '../lib/errors.ts';
import { relayProgram } from '../relay/program.ts';
import { freePort } from '../relay/port.ts';
import { listeners } from '../relay/proc.ts';
import type { Findings } from './finding.ts';

const oldestNode = 24;
const programMs = 10_000;

const needed = {
  '-encoders': ['libx264', 'aac'],
  '-decoders': ['h264', 'hevc', 'mjpeg', 'aac', 'pcm_alaw', 'pcm_mulaw'],
} as const;

export async function checkPrograms(
  config: Config | undefined,
  env: Environment,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= oldestNode) found.ok(`Node.js ${node}`);
  else found.problem(`Node.js ${node} is too old`, `Install version ${oldestNode} or later`);
  const ffmpeg = findProgram(config?.archive.program ?? 'ffmpeg', env);
  // checkConfiguration reports missing programs.
  if (ffmpeg !== undefined) await checkFfmpeg(ffmpeg, found, signal);
  if (config === undefined) return;
  const relay = findProgram(config.relay.program, env);
  if (relay !== undefined) await checkRelay(relay, config.relay.preload, found, signal);
}

const run = async (file: string, args: readonly string[], cancelSignal: AbortSignal) =>
  await execa(file, args, {
    timeout: programMs,
    reject: false,
    all: true,
    stdin: 'ignore',
    cancelSignal,
  });

async function checkFfmpeg(file: string, found: Findings, signal: AbortSignal): Promise<void> {
  const version = /^ffmpeg version (\S+)/m.exec((await run(file, ['-version'], signal)).all)?.[1];
  if (version === undefined) {
    found.problem(`${file} does not say its version`, 'Install ffmpeg anew, or give its path');
    return;
  }
  found.ok(`ffmpeg ${version}`);
  const missing: string[] = [];
  for (const [list, codecs] of Object.entries(needed)) {
    const { all } = await run(file, ['-hide_banner', list], signal);
    const there = new Set(all.split('\n').map((line) => line.trim().split(/\s+/)[1]));
    const kind = list.slice(1, -1);
    missing.push(
      ...codecs.filter((codec) => !there.has(codec)).map((codec) => `${codec} (${kind})`),
    );
  }
  if (missing.length === 0) found.ok('ffmpeg has all codecs that cameras need');
  else {
    found.problem(
      `ffmpeg lacks ${missing.join(', ')}`,
      'Install an ffmpeg with them, such as Debian’s, and give its path as archive.program',
    );
  }
}

/** Nothing answers there. */
const discardPort = 9;

/** Starts a relay for a camera that doesn't exist, to see where the relay listens. */
async function checkRelay(
  file: string,
  preload: string,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { all } = await run(file, [], signal);
  const version = /library version ([\d.]+)/.exec(all)?.[1];
  if (version === undefined) {
    found.problem(
      `${file} does not say its version; it may not run on this machine: ${all.slice(0, 200)}`,
      'Install livemedia-utils, or run bin/tools, or give its path as relay.program',
    );
    return;
  }
  found.ok(`live555ProxyServer ${version}`);
  const port = await freePort();
  const source = `rtsp://127.0.0.1:${discardPort}/`;
  const options = relayProgram({ program: file, preload, source, port });
  const said: string[] = [];
  await using child = new Child({
    ...options,
    onStderrLine: (line) => said.length < 20 && said.push(line),
  });
  const advice = 'Build it anew (bin/tools), or give the path of loopback-only.so as relay.preload';
  for (let left = 50; left > 0 && !signal.aborted; left -= 1) {
    await delay(100, undefined, { signal });
    const open = await listeners(child.pid ?? 0);
    if (open.some(({ loopback }) => !loopback)) {
      found.problem('The relay listens beyond loopback: relay.preload has no effect', advice);
      return;
    }
    if (open.some((one) => one.port === port)) {
      found.ok('The relay keeps to loopback');
      return;
    }
  }
  found.problem(
    `The relay does not start: ${describeError(said.join(' | '))}`,
    `Try it: cd '${options.cwd}' && LD_PRELOAD=${options.env?.['LD_PRELOAD']} ${file}`,
  );
}
