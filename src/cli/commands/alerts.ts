import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import type { AlertMessage } from '../../contract/alerts.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { DaemonClient } from '../client.ts';
import { clientOf, print, printJson, readAccountName, refuseUnknownAccount } from '../context.ts';
import { UsageError } from '../errors.ts';
import { alertsScreen, deliveryLine, stateOf } from '../screens/alerts-screen.ts';

const testWithinMs = 15_000;
const underWay = new Set(['queued', 'sending', 'doubtful']);

/** Waits until all deliveries of a test have ended, for at most {@link testWithinMs}. */
async function outcome(client: DaemonClient, ids: readonly string[]): Promise<AlertMessage[]> {
  const deadline = performance.now() + testWithinMs;
  for (;;) {
    const messages = await Promise.all(
      ids.map((id) => client.get(`/alerts/${encodeURIComponent(id)}`, 'AlertAnswer')),
    );
    const isOver = messages.every(({ deliveries }) => {
      return deliveries.every(({ state }) => !underWay.has(state));
    });
    if (isOver || performance.now() > deadline) return messages;
    await delay(250);
  }
}

/** `cctv alert list` */
export function addAlertList(command: Command): void {
  command
    .description('what contacts were told, and whether it arrived')
    .option('--account <account>', 'only those of one account')
    .option('--limit <n>', 'how many, the newest', '50')
    .option('--json', 'print JSON')
    .action(async ({ account, limit, json }: { account?: string; limit: string; json?: true }) => {
      if (!/^[1-9]\d{0,2}$/.test(limit)) throw new UsageError('--limit is 1 to 999.');
      if (account !== undefined) readAccountName(account);
      const query = { account, limit };
      const client = clientOf(command);
      const answer = await client.get('/alerts', 'AlertsAnswer', query);
      if (account !== undefined && answer.alerts.length === 0) {
        await refuseUnknownAccount(client, account);
      }
      if (json) printJson(answer);
      else print(alertsScreen(answer, Date.now()));
    });
}

export function addAlertCommands(alert: Command): void {
  addAlertList(alert.command('list'));

  alert
    .command('test <account>')
    .description('send a test to all contacts of an account, by each of their ways')
    .action(async (account: string, _options: unknown, command: Command) => {
      const client = clientOf(command);
      const path = `/accounts/${readAccountName(account)}/test-alert`;
      const { messages } = await client.post(path, 'TestAnswer', {});
      const nowMs = Date.now();
      const outcomes = await outcome(client, messages);
      print(
        outcomes.flatMap((message) =>
          message.deliveries.length === 0
            ? [`${message.contactName}: ${stateOf(message)}`]
            : message.deliveries
                .filter(({ state }) => state !== 'waiting')
                .map((delivery) => `${message.contactName}: ${deliveryLine(delivery, nowMs)}`),
        ),
      );
      const isTold = outcomes.some(({ deliveries }) =>
        deliveries.some(({ state }) => state === 'delivered' || state === 'accepted'),
      );
      if (!isTold) {
        throw new OperatorError(`The test reached nobody of ${account}.`);
      }
    });
}
