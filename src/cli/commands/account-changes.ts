import type { Command } from 'commander';
import { OperatorError } from '../../lib/errors.ts';
import { allCameras } from '../all-cameras.ts';
import type { DaemonClient } from '../client.ts';
import { confirm } from '../confirm.ts';
import { clientOf, print, readAccountName } from '../context.ts';
import { renamedAccountScreen } from '../screens/renamed-account-screen.ts';
import { count } from '../../lib/words.ts';

const pathOf = (name: string): string => `/accounts/${encodeURIComponent(name)}`;

/** Tells the operator how to delete the footage of a removed account. */
const footageHelp = (name: string): string =>
  `Its footage stays in the bucket, below ${name}/. This version deletes no footage. To delete it, use the tools of the bucket: aws s3 rm --recursive s3://BUCKET/${name}/ (after s3://BUCKET/ comes bucket.prefix of the configuration, if there is one). Until then cctv verify --account ${name} shows it; afterwards it is reported as missing there.`;

interface Belongings {
  readonly cameras: number;
  readonly segments: number;
  readonly formerNames: readonly string[];
}

/** Counts what an account has. An unknown account has nothing: the daemon refuses it later. */
async function belongingsOf(client: DaemonClient, account: string): Promise<Belongings> {
  let [cameras, segments] = [0, 0];
  for (const { settings, stored, spooled } of await allCameras(client, account)) {
    if (settings === undefined) continue;
    cameras += 1;
    segments += stored.segments + spooled.segments;
  }
  let formerNames: readonly string[] = [];
  for await (const page of client.pages('/accounts', 'AccountsAnswer')) {
    formerNames = page.accounts.find(({ name }) => name === account)?.formerNames ?? formerNames;
  }
  return { cameras, segments, formerNames };
}

/** The commands that change an existing account. */
export function addAccountChangeCommands(account: Command): void {
  account
    .command('rename <old> <new>')
    .description(
      'give an account another name; cameras, viewers, contacts, tokens and footage stay its own, its cards as they are',
    )
    .addHelpText(
      'after',
      '\nPasswords stay valid, since the name of the account is no part of what is kept of them. The name of a viewer is: each keeps its user name, also one that is called as the account was. On the page, viewers log in to the account by its new name; players need the new address. What was recorded keeps its place in the bucket.',
    )
    .action(async (from: string, to: string, _options: unknown, command: Command) => {
      readAccountName(from);
      readAccountName(to);
      const answer = await clientOf(command).post(
        `${pathOf(from)}/rename`,
        'RenamedAccountAnswer',
        {
          name: to,
        },
      );
      print(renamedAccountScreen(from, to, answer));
    });

  account
    .command('remove <account>')
    .description('remove an account, with its viewers, contacts and tokens; its footage stays')
    .option('--cameras', 'its cameras too: their tunnels are closed and their keys forgotten')
    .option('--yes', 'do not ask')
    .addHelpText('after', `\n${footageHelp('ACCOUNT')}`)
    .action(async (name: string, options: { cameras?: true; yes?: true }, command: Command) => {
      readAccountName(name);
      const client = clientOf(command);
      const { cameras, segments, formerNames } = await belongingsOf(client, name);
      if (cameras > 0 && options.cameras !== true) {
        throw new OperatorError(
          `The account ${name} has ${count(cameras, 'camera')}. To remove them with it, say --cameras.`,
        );
      }
      const withCameras = cameras === 0 ? '' : ` and its ${count(cameras, 'camera')}`;
      const footage = count(segments, 'segment');
      const question = `Remove the account ${name}${withCameras}? Nobody can watch it any more; its footage (${footage}) stays.`;
      if (options.yes !== true && !(await confirm(question))) {
        return print(['Nothing was changed.']);
      }
      await client.delete(`${pathOf(name)}?cameras=${String(options.cameras === true)}`);
      print([
        `Account ${name}${withCameras} ${cameras === 0 ? 'is' : 'are'} removed, with its viewers, contacts and tokens.`,
        footageHelp(name),
        ...formerNames.map(
          (former) =>
            `What was recorded before it was renamed lies below ${former}/; so does that of an account which is called so now.`,
        ),
      ]);
    });
}
