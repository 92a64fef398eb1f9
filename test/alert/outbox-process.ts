import { Outbox } from '../../src/alert/outbox.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type CarrierSkill, StubChannel } from './stub-carrier.ts';

// A process that decides one alert, unless it is decided, and sends it; it kills itself at the step
// that it is told, as if the power were cut there.
const [file = '', url = '', skill = 'none', step = ''] = process.argv.slice(2);
const here = (name: string): void => {
  if (name === step) process.kill(process.pid, 'SIGKILL');
};

using ledger = openLedger(file);
const channel = new StubChannel('sms', url, { skill: skill as CarrierSkill, answerMs: 20_000 });
const send = channel.send.bind(channel);
channel.send = async (message, signal) => {
  here('written down, not sent');
  const sending = send(message, signal);
  if (step === 'sent, not answered') {
    while ((await channel.reports()).length === 0) await new Promise(setImmediate);
    here('sent, not answered');
  }
  const accepted = await sending;
  here('answered, not written down');
  return accepted;
};

const message = {
  id: 'alert',
  account: 'bach',
  contactName: 'anna',
  eventKey: 'bach/1',
  text: 'stopped',
  kind: 'not-recording',
  subject: 'stopped',
  createdMs: Date.now(),
  event: { kind: 'not-recording', account: 'bach', cameras: [], atMs: Date.now() },
  deliveries: [{ kind: 'sms', channel: 'sms', address: '+6591234567' }],
} as const;
if (ledger.accounts.list().length === 0) ledger.accounts.add('bach');
ledger.alerts.decide({ messages: [message], judgements: [['camera 1', { told: true }]] });
here('decided');

// Carriers come again with reports that nobody took: these come before the outbox has doubts.
const untaken = skill === 'reports' ? await channel.reports() : [];
await using outbox = new Outbox({
  ledger,
  channels: [channel],
  maxSmsPerHour: 100,
  clock: systemClock,
  log: silentLog,
  reporting: new Set(skill === 'reports' ? ['sms'] : []),
  times: { findAfterMs: 100, doubtMs: 1_500, retry: { minMs: 100, maxMs: 400 } },
});
for (const report of untaken) outbox.report(report);
const isOver = (): boolean =>
  ['accepted', 'delivered'].includes(ledger.alerts.find('alert')?.deliveries[0]?.state ?? '');
while (!isOver()) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (skill !== 'reports') continue;
  for (const report of await channel.reports()) outbox.report(report);
}
here('done');
