import { execa } from 'execa';

/** Whether NTP keeps this machine's clock right, as systemd says; undefined if it doesn't say. */
export async function isKeptByNtp(
  signal: AbortSignal,
  withinMs: number,
): Promise<boolean | undefined> {
  const { stdout, failed } = await execa(
    'timedatectl',
    ['show', '--property=NTPSynchronized', '--value'],
    { reject: false, timeout: withinMs, cancelSignal: signal },
  );
  if (failed || (stdout !== 'yes' && stdout !== 'no')) return undefined;
  return stdout === 'yes';
}
