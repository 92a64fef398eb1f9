import type { Command } from 'commander';
import type { Viewer } from '../../contract/viewers.ts';
import type { ViewerName } from '../../model/viewer.ts';
import { isLabel, labelRule } from '../../model/camera-name.ts';
import type { DaemonClient } from '../client.ts';
import { confirm } from '../confirm.ts';
import { clientOf, print, printJson, readAccountName, refuseUnknownAccount } from '../context.ts';
import { UsageError } from '../errors.ts';
import { loginScreen } from '../screens/login-screen.ts';
import { viewerListScreen } from '../screens/viewer-list-screen.ts';
import { addViewerWatching } from './watchers.ts';
import { ownPassword, passwordOption, type PasswordOptions } from './password-option.ts';

const pathOf = ({ account, name }: ViewerName): string =>
  `/viewers/${account}/${encodeURIComponent(name)}`;

/** @throws {UsageError} the text is not ACCOUNT/NAME */
function readViewerName(text: string): ViewerName {
  const slash = text.indexOf('/');
  const [account, name] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  if (isLabel(account) && name !== '' && !name.includes('/')) return { account, name };
  throw new UsageError(
    `"${text.slice(0, 200)}" is no viewer: write ACCOUNT/NAME, such as bach/anna. The account is ${labelRule}.`,
  );
}

/** Adds a viewer; returns the lines to print about the log-in. */
export async function addViewer(
  client: DaemonClient,
  viewer: ViewerName & { readonly cameras?: readonly string[]; readonly password?: string },
): Promise<string[]> {
  return loginScreen(await client.post('/viewers', 'LoginAnswer', viewer));
}

async function setPassword(
  viewer: ViewerName,
  options: PasswordOptions,
  command: Command,
): Promise<void> {
  const path = `${pathOf(viewer)}/password`;
  const answer = await clientOf(command).post(path, 'LoginAnswer', await ownPassword(options));
  print([
    `Viewer ${viewer.account}/${viewer.name} has a new password. Whoever watched with the old one was disconnected.`,
    '',
    ...loginScreen(answer),
  ]);
}

export function addAccountPasswordCommand(account: Command): void {
  account
    .command('password <account> [viewer]')
    .description('a new password for the viewer of the same name as the account, or for another')
    .option(...passwordOption)
    .action(
      (name: string, viewer: string | undefined, options: PasswordOptions, command: Command) =>
        setPassword(readViewerName(`${name}/${viewer ?? name}`), options, command),
    );
}

export function addViewerCommands(viewer: Command): void {
  addViewerWatching(viewer.command('watching'));

  viewer
    .command('add <account/name>')
    .description('let somebody watch the cameras of an account')
    .option('--camera <name...>', 'only these cameras (default: all of the account)')
    .option(...passwordOption)
    .action(
      async (
        text: string,
        options: PasswordOptions & { readonly camera?: readonly string[] },
        command: Command,
      ) => {
        const { account, name } = readViewerName(text);
        const cameras = options.camera?.map((camera) =>
          camera.startsWith(`${account}/`) ? camera.slice(account.length + 1) : camera,
        );
        const login = await addViewer(clientOf(command), {
          account,
          name,
          cameras,
          ...(await ownPassword(options)),
        });
        print([`Viewer ${account}/${name} is added.`, '', ...login]);
      },
    );

  viewer
    .command('list [account]')
    .description('list the viewers')
    .option('--json', 'print JSON')
    .action(async (account: string | undefined, { json }: { json?: true }, command: Command) => {
      if (account !== undefined) readAccountName(account);
      const client = clientOf(command);
      const viewers: Viewer[] = [];
      const pages = client.pages('/viewers', 'ViewersAnswer', { account });
      for await (const page of pages) viewers.push(...page.viewers);
      if (account !== undefined && viewers.length === 0) {
        await refuseUnknownAccount(client, account);
      }
      if (json) printJson({ viewers });
      else print(viewerListScreen(viewers, Date.now()));
    });

  viewer
    .command('rotate <account/name>')
    .description('a new password for a viewer; the old one is of no use from then on')
    .option(...passwordOption)
    .action((text: string, options: PasswordOptions, command: Command) =>
      setPassword(readViewerName(text), options, command),
    );

  viewer
    .command('remove <account/name>')
    .description('let somebody watch no longer')
    .option('--yes', 'do not ask')
    .action(async (text: string, { yes }: { yes?: true }, command: Command) => {
      const name = readViewerName(text);
      const question = `Remove the viewer ${name.account}/${name.name}? Whoever watches as that is disconnected.`;
      if (yes !== true && !(await confirm(question))) return print(['Nothing was changed.']);
      await clientOf(command).delete(pathOf(name));
      print([`Viewer ${name.account}/${name.name} is removed.`]);
    });
}
