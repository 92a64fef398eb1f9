import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Command, Option } from 'commander';
import { execa } from 'execa';
import { describeProgram as describeCctv } from '../../src/cli/cctv-program.ts';
import { describeProgram as describeCctvd } from '../../src/cli/cctvd-program.ts';
import { ConsoleFixture, publicKey } from '../control/fixture.ts';
import type { Run } from './run.ts';

const cli = join(import.meta.dirname, '../../src/cli');
const directory = mkdtempSync(join(tmpdir(), 'cctv-exit-codes-'));
const away = ['--socket', join(directory, 'nothing.sock')];
const keyFile = join(directory, 'key.pub');
writeFileSync(keyFile, publicKey(1));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A value that each argument and each option that must be given takes, by how the help names it. */
const goodValues: Readonly<Record<string, string>> = {
  'account/name': 'bach/front-door',
  account: 'bach',
  name: 'anna',
  'new-name': 'porch',
  old: 'bach',
  new: 'berg',
  viewer: 'anna',
  for: '2h',
  token: 'abcdef',
  time: '1h',
  file: join(directory, 'out'),
};
const goodOptions: Readonly<Record<string, string>> = {
  '--key': keyFile,
  '--token': 'abcdefghijklmnopqrstuvwxyz234567',
};

/** What a command needs besides, to be called rightly. */
const alsoNeeded: Readonly<Record<string, readonly string[]>> = {
  'account set': ['--time-zone', 'Asia/Singapore'],
  'camera add': ['--key', keyFile],
  'camera set': ['--profile', 'copy'],
  'contact add': ['--sms', '+6591234567'],
  'contact set': ['--sms', '+6591234567'],
  'enrol card': [
    '--card',
    join(directory, 'card.img'),
    '--card-size',
    '64M',
    '--model',
    'thingino',
    '--wifi-ssid',
    'shop',
    '--wifi-password-file',
    keyFile,
  ],
};

/** These do something without a daemon too. */
const withoutDaemon = new Set(['doctor', 'support-bundle', 'ledger rebuild']);

interface Leaf {
  /** As `camera add`. */
  readonly path: string;
  readonly words: readonly string[];
  readonly command: Command;
}

function leavesOf(command: Command, words: readonly string[] = []): Leaf[] {
  if (command.commands.length === 0) return [{ path: words.join(' '), words, command }];
  return command.commands.flatMap((one) => leavesOf(one, [...words, one.name()]));
}

const valueOf = (name: string, path: string): string => {
  const value = goodValues[name];
  assert.ok(value !== undefined, `${path}: give <${name}> a value in this test`);
  return value;
};

const placeholder = (option: Option): string => /<([^>.]+)/.exec(option.flags)?.[1] ?? '';
const hasOption = (command: Command, long: string): boolean =>
  command.options.some((option) => option.long === long);

/** The options that a command line can't do without. */
function neededOptions({ path, command }: Leaf): string[] {
  const mandatory = command.options.filter((option) => option.mandatory);
  return [
    ...mandatory.flatMap((option) => {
      const long = option.long ?? '';
      return [long, goodOptions[long] ?? valueOf(placeholder(option), path)];
    }),
    // Of two times the first must be before the second.
    ...(mandatory.some(({ long }) => long === '--to') ? ['--to', 'now'] : []),
    ...(alsoNeeded[path] ?? []),
    ...(hasOption(command, '--yes') ? ['--yes'] : []),
  ];
}

const argumentsOf = ({ path, command }: Leaf): string[] =>
  command.registeredArguments
    .filter(({ required }) => required)
    .map((argument) => valueOf(argument.name(), path));

async function runAll(
  program: 'cctv' | 'cctvd',
  lines: readonly (readonly string[])[],
): Promise<readonly Run[]> {
  const { stdout } = await execa(
    process.execPath,
    [join(import.meta.dirname, 'run-many.ts'), join(cli, `${program}-program.ts`)],
    {
      input: JSON.stringify(lines),
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' },
      timeout: 60_000,
    },
  );
  return JSON.parse(stdout) as Run[];
}

/** Each line must end with `code`, say why on standard error, and print nothing. */
async function allEnd(
  program: 'cctv' | 'cctvd',
  code: number,
  lines: readonly (readonly string[])[],
): Promise<void> {
  assert.notEqual(lines.length, 0);
  const runs = await runAll(program, lines);
  const others = runs.flatMap((run, index) => {
    const isRight = run.code === code && run.stderr !== '' && run.stdout === '';
    const hasStack = /^ {4}at /m.test(run.stderr);
    return isRight && !hasStack ? [] : [{ line: lines[index]?.join(' '), ...run }];
  });
  assert.deepEqual(others, []);
}

for (const [program, describeProgram, common] of [
  ['cctv', describeCctv, away],
  ['cctvd', describeCctvd, ['--config', join(directory, 'none.yaml')]],
] as const) {
  describe(`each command of ${program} ends with`, () => {
    let leaves: readonly Leaf[];
    before(async () => {
      const whole = await describeProgram();
      leaves = [
        ...leavesOf(whole),
        ...(program === 'cctvd' ? [{ path: '', words: [], command: whole }] : []),
      ];
      assert.ok(leaves.length > 3);
    });
    const rightly = (leaf: Leaf): string[] => [
      ...common,
      ...leaf.words,
      ...argumentsOf(leaf),
      ...neededOptions(leaf),
    ];

    it('2 for an option that it does not have', () =>
      allEnd(
        program,
        2,
        leaves.map((leaf) => [...rightly(leaf), '--no-such-option']),
      ));

    it('2 for more than it takes', () =>
      allEnd(
        program,
        2,
        leaves.map((leaf) => [
          ...common,
          ...leaf.words,
          ...leaf.command.registeredArguments.map((one) => valueOf(one.name(), leaf.path)),
          'one-more',
          ...neededOptions(leaf),
        ]),
      ));

    it('2 for an option that needs a value and has none', () =>
      allEnd(
        program,
        2,
        leaves.flatMap((leaf) =>
          leaf.command.options
            .filter((option) => option.required)
            .map(({ long }) => [...rightly(leaf), long ?? '']),
        ),
      ));

    if (program === 'cctvd') {
      it('1 when there is no configuration', () =>
        allEnd(
          program,
          1,
          leaves.filter(({ path }) => path !== 'setup').map((leaf) => rightly(leaf)),
        ));
      return;
    }

    it('2 for a noun without a verb, and for a word that is none', async () => {
      const whole = await describeProgram();
      const nouns = whole.commands.filter(({ commands }) => commands.length > 0);
      await allEnd(program, 2, [
        [],
        ['no-such-noun'],
        ...nouns.flatMap((noun) => [[noun.name()], [noun.name(), 'no-such-verb']]),
      ]);
    });

    it('2 when something that it needs is missing', () =>
      allEnd(
        program,
        2,
        leaves.flatMap((leaf) => {
          const lacking = argumentsOf(leaf).slice(0, -1);
          const mandatory = leaf.command.options.filter((option) => option.mandatory);
          return [
            ...(argumentsOf(leaf).length === 0
              ? []
              : [[...common, ...leaf.words, ...lacking, ...neededOptions(leaf)]]),
            ...(mandatory.some(({ defaultValue }) => defaultValue === undefined)
              ? [[...common, ...leaf.words, ...argumentsOf(leaf)]]
              : []),
          ];
        }),
      ));

    it('2 for a name that can be none of an account or of a camera', () =>
      allEnd(
        program,
        2,
        leaves.flatMap((leaf) =>
          leaf.command.registeredArguments
            .filter((argument) => argument.name().startsWith('account'))
            .flatMap((argument) =>
              ['../bach', 'Bach', 'bach/a/b', ''].map((wrong) => [
                ...common,
                ...leaf.words,
                ...leaf.command.registeredArguments
                  .filter((one) => one.required || one === argument)
                  .map((one) => (one === argument ? wrong : valueOf(one.name(), leaf.path))),
                ...neededOptions(leaf),
              ]),
            ),
        ),
      ));

    it('2 for a time that is none', () =>
      allEnd(
        program,
        2,
        leaves.flatMap((leaf) =>
          leaf.command.options
            .filter((option) =>
              ['--from', '--to', '--day', '--expires'].includes(option.long ?? ''),
            )
            .flatMap((option) =>
              ['2026-11-31', '24:61', 'yesterday', '2026-13-01', ''].map((wrong) => [
                ...rightly(leaf),
                `${option.long}=${wrong}`,
              ]),
            ),
        ),
      ));

    it('1 when the daemon is away', () =>
      allEnd(
        program,
        1,
        leaves.filter(({ path }) => !withoutDaemon.has(path)).map((leaf) => rightly(leaf)),
      ));

    it('1 for an account and a camera that are not there', async () => {
      await using fixture = await ConsoleFixture.start();
      const named = leaves.filter(
        ({ path, command }) =>
          !path.startsWith('enrol card') &&
          (command.registeredArguments.some((one) => one.name().startsWith('account')) ||
            hasOption(command, '--account')),
      );
      await allEnd(
        program,
        1,
        named.map((leaf) => [
          '--socket',
          fixture.socket,
          ...leaf.words,
          ...leaf.command.registeredArguments
            .filter((one) => one.required || one.name() === 'account')
            .map((one) => valueOf(one.name(), leaf.path)),
          ...neededOptions(leaf),
          ...(hasOption(leaf.command, '--account') ? ['--account', 'bach'] : []),
        ]),
      );
    });
  });
}
