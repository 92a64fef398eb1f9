import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { temporaryDirectory } from '../support/segments.ts';

const checkout = join(import.meta.dirname, '../..');
const sections = { cctv: '1', cctvd: '8' } as const;

/** What a help text offers. */
interface Offer {
  readonly commands: readonly string[];
  /** The long names, as `--json`. */
  readonly options: readonly string[];
}

function offerOf(help: string): Offer {
  const lists = [...help.matchAll(/^(\S.*):\n((?: {2}.*\n?)+)/gm)];
  const names = (wanted: (title: string) => boolean, pattern: RegExp): string[] =>
    lists
      .filter(([, title = '']) => wanted(title))
      .flatMap(([, , text = '']) => [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []));
  return {
    commands: names((title) => !['Options', 'Arguments'].includes(title), /^ {2}([a-z][a-z-]*)/gm),
    options: names((title) => title === 'Options', /^ {2}(?:-\w, )?(--[a-z-]+)/gm),
  };
}

for (const [program, section] of Object.entries(sections)) {
  describe(`what is installed to look up and complete ${program} by`, () => {
    const resources = new AsyncDisposableStack();
    let directory: string;
    let offers: ReadonlyMap<string, Offer>;
    before(async () => {
      directory = resources.use(await temporaryDirectory()).path;
      const source = join(checkout, 'src/cli', `${program}-program.ts`);
      const pages = join(checkout, 'systemd/package/pages.ts');
      const [{ stdout }] = await Promise.all([
        execa(process.execPath, [join(import.meta.dirname, 'help-texts.ts'), source]),
        execa(process.execPath, [pages, source, section, directory]),
      ]);
      const texts = Object.entries(JSON.parse(stdout) as Record<string, string>);
      offers = new Map(texts.map(([path, help]) => [path, offerOf(help)]));
      assert.ok(offers.size > 3);
    });
    after(() => resources.disposeAsync());

    it('is a manual page with every command and option that --help names', () => {
      const page = readFileSync(join(directory, `${program}.${section}`), 'utf8')
        .replaceAll('\\-', '-')
        .replaceAll('\\&', '');
      const [general = '', ...described] = page.split(/^\.S[SH]$\n|^\.SS /m);
      const missing = [...offers].flatMap(([path, { options }]) => {
        const title = path.split(' ').slice(1).join(' ');
        // A command that only leads to others has no text of its own.
        const text = title === '' ? general : described.find((one) => one.startsWith(`${title} `));
        if (text === undefined) return [path];
        return options
          .filter((option) => option !== '--help')
          .filter((option) => !new RegExp(`^\\.B .*${option}\\b`, 'm').test(text))
          .map((option) => `${path} ${option}`);
      });
      assert.deepEqual(missing, []);
    });

    it('is a completion that offers every command and option that --help names', async () => {
      const tries = [...offers.keys()].map((path) => {
        const words = path.split(' ');
        return `COMP_WORDS=(${path} '') COMP_CWORD=${words.length}; _${program}; echo "\${COMPREPLY[*]}"`;
      });
      const { stdout } = await execa(
        'bash',
        ['--norc', '-c', `. ./${program}\n${tries.join('\n')}`],
        {
          cwd: directory,
        },
      );
      const offered = stdout.split('\n').map((line) => line.split(' '));
      const missing = [...offers].flatMap(([path, { commands, options }], index) =>
        [...commands, ...options]
          .filter((word) => offered[index]?.includes(word) !== true)
          .map((word) => `${path} ${word}`),
      );
      assert.deepEqual(missing, []);
    });
  });
}
