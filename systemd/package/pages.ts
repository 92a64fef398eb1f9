// Writes the manual page and the bash completion of one of our programs, from its own description of
// itself:
//
//   node pages.ts PROGRAM-program.js SECTION DIRECTORY
import { writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { Command } from 'commander';

const [file = '', section = '1', directory = '.'] = process.argv.slice(2);

const programs = resolve(file);
const { describeProgram } = (await import(programs)) as { describeProgram: () => Promise<Command> };
const { exitStatus } = (await import(join(dirname(programs), `help${extname(programs)}`))) as { exitStatus: string };
const program = await describeProgram();
const name = program.name();

const subcommands = (command: Command): Command[] => command.createHelp().visibleCommands(command);
const own = (command: Command): Command[] =>
  subcommands(command).filter((one) => one.name() !== 'help');
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
const all = (command: Command): Command[] => [command, ...own(command).flatMap(all)];

// ---- the manual page (man(7)) --------------------------------------------------------------------

const roff = (text: string): string =>
  text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll(/^(['.])/gm, '\\&$1');

function options(command: Command): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .flatMap((option) => [
      '.TP',
      `.B ${roff(option.flags)}`,
      roff(command.createHelp().optionDescription(option)),
    ]);
}

function described(command: Command): string[] {
  if (own(command).length > 0) return [];
  const help = command.createHelp();
  const title = pathOf(command).split(' ').slice(1).join(' ');
  const words = command.registeredArguments
    .map((argument) => `${argument.required ? '' : '['}${argument.name().toUpperCase()}${argument.variadic ? '…' : ''}${argument.required ? '' : ']'}`)
    .join(' ');
  return [
    '.SS',
    `${roff(title)} ${roff(words)}`,
    roff(help.commandDescription(command)),
    ...options(command),
  ];
}

const files: Readonly<Record<string, string>> = {
  '/etc/sapiengraph-cctv/config.yaml': 'the configuration; config.example.yaml beside it has every option',
  '/etc/sapiengraph-cctv/credentials/': 'the secrets, a file each, for root alone',
  '/var/lib/sapiengraph-cctv/': 'the spool, the ledger, and the host key that cameras know the server by',
  '/run/sapiengraph-cctv/control.sock': 'the control socket, for the members of the group sapiengraph-cctv',
};

const page = [
  `.TH ${name.toUpperCase()} ${section} "" "Sapiengraph CCTV ${program.version() ?? ''}"`,
  '.SH NAME',
  `${name} \\- ${roff((program.description().split(/[:.]/)[0] ?? '').replace(/\s+/g, ' '))}`,
  '.SH SYNOPSIS',
  `.B ${name}`,
  roff('[OPTIONS] [COMMAND]'),
  '.SH DESCRIPTION',
  roff(program.description()),
  '.SH OPTIONS',
  ...options(program),
  '.SH COMMANDS',
  ...all(program).slice(1).flatMap(described),
  '.SH FILES',
  ...Object.entries(files).flatMap(([path, meaning]) => ['.TP', `.I ${roff(path)}`, roff(meaning)]),
  '.SH EXIT STATUS',
  roff(exitStatus),
  '.SH SEE ALSO',
  name === 'cctv' ? '.BR cctvd (8)' : '.BR cctv (1)',
];
writeFileSync(join(directory, `${name}.${section}`), `${page.join('\n')}\n`);

// ---- completion ----------------------------------------------------------------------------------

const cases = all(program).map((command) => {
  const offered = [
    ...own(command).map((one) => one.name()),
    ...command.createHelp().visibleOptions(command).flatMap(({ long }) => long ?? []),
  ];
  return `    '${pathOf(command)}') offered='${offered.join(' ')}' ;;`;
});
const completion = `# bash completion for ${name}, made from its own description of itself
_${name}() {
  local word path=${name} offered=
  # The commands among the words that are there; options and names are passed over.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${all(program).slice(1).map((command) => `'${pathOf(command)}'`).join(' | ')}) path="$path $word" ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _${name} ${name}
`;
writeFileSync(join(directory, name), completion);
