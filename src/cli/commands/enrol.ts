import type { Command } from 'commander';
import type { Token } from '../../contract/accounts.ts';
import { clientOf, print, printJson, readAccountName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { table } from '../table.ts';
import { durationFormats, parseDuration } from '../times.ts';
import { count } from '../../lib/words.ts';
import { formatTime } from '../units.ts';
import { addCardOptions, type CardFlags } from './card-options.ts';
import { addStreamOptions, type StreamFlags, streamOf } from './stream-options.ts';

interface TokenOptions extends StreamFlags {
  readonly uses: string;
  readonly expires: string;
  readonly json?: true;
}

export function addEnrolCommands(enrol: Command): void {
  const token = enrol
    .command('token <account>')
    .description('make a token: a camera that dials in as enrol.TOKEN becomes a new camera')
    .option('--uses <n>', 'how many cameras it lets in', '1')
    .option('--expires <time>', `how long it does so: ${durationFormats}`, '24h')
    .option('--json', 'print JSON')
    .action(async (account: string, options: TokenOptions, command: Command) => {
      if (!/^\d{1,6}$/.test(options.uses)) {
        throw new UsageError(`--uses ${options.uses.slice(0, 60)} is no number.`);
      }
      const made = await clientOf(command).post(tokensOf(account), 'NewTokenAnswer', {
        uses: Number(options.uses),
        lifeMs: parseDuration(options.expires),
        ...(await streamOf(options)),
      });
      if (options.json) return printJson(made);
      print([
        made.token,
        `It lets ${count(made.uses, 'camera')} into ${account} until ${formatTime(made.expiresMs, Date.now())}, and is shown only now.`,
        `A camera dials in as enrol.${made.token}; see who came with: cctv camera list ${account}`,
      ]);
    });
  addStreamOptions(token);

  addCardOptions(
    enrol
      .command('card')
      .description('write a card that is the same for many cameras: each makes its own key')
      .requiredOption('--token <token>', 'what lets them in, of cctv enrol token'),
  ).action(async (flags: CardFlags & { readonly token: string }, command: Command) => {
    const { makeEnrolCard } = await import('./card.ts');
    await makeEnrolCard(clientOf(command), flags);
  });

  enrol
    .command('list <account>')
    .description('the tokens of an account, by their first characters')
    .option('--json', 'print JSON')
    .action(async (account: string, { json }: { json?: true }, command: Command) => {
      const answer = await clientOf(command).get(tokensOf(account), 'TokensAnswer');
      if (json) return printJson(answer);
      print(tokensScreen(account, answer.tokens, Date.now()));
    });

  enrol
    .command('revoke <account> <token>')
    .description('end a token, named by its first characters; cameras that it let in stay')
    .action(async (account: string, token: string, _options: unknown, command: Command) => {
      // Operators may give the whole token; only its id is sent, since the token is a secret.
      const id = token.slice(0, 6);
      await clientOf(command).delete(`${tokensOf(account)}/${encodeURIComponent(id)}`);
      print([`The token ${id}… of ${account} lets nobody in any more.`]);
    });
}

const tokensOf = (account: string): string => `/accounts/${readAccountName(account)}/tokens`;

function tokensScreen(account: string, tokens: readonly Token[], nowMs: number): string[] {
  if (tokens.length === 0) {
    return [
      `${account} has no tokens. Make one with: cctv enrol token ${account} --uses 20 --expires 24h`,
    ];
  }
  return table(
    [
      { head: 'TOKEN', stays: true, cell: ({ id }) => `${id}…` },
      { head: 'USED', align: 'right', cell: ({ used, uses }) => `${used} of ${uses}` },
      { head: 'STATE', cell: (token) => stateOf(token, nowMs) },
      { head: 'MADE', cell: ({ createdMs }) => formatTime(createdMs, nowMs) },
      { head: 'EXPIRES', cell: ({ expiresMs }) => formatTime(expiresMs, nowMs) },
    ],
    tokens,
  );
}

function stateOf({ revokedMs, expiresMs, used, uses }: Token, nowMs: number): string {
  if (revokedMs !== undefined) return 'revoked';
  if (expiresMs <= nowMs) return 'expired';
  return used >= uses ? 'used up' : 'open';
}
