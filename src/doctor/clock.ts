import type { Config } from '../config/config.ts';
import { describeError } from '../lib/errors.ts';
import { isKeptByNtp } from '../lib/ntp.ts';
import { serverDate } from '../lib/server-date.ts';
import { bucketAddress } from './addresses.ts';
import type { Findings } from './finding.ts';

/** Amazon refuses requests if the clock is 15 minutes off: report it well before that. */
const wrongMs = 5 * 60_000;
const doubtfulMs = 30_000;
const answerMs = 10_000;

const ntpAdvice =
  'Set the clock by NTP: apt-get install systemd-timesyncd, timedatectl set-ntp true';

export async function checkClock(
  config: Config | undefined,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  if (config !== undefined) await checkSkew(bucketAddress(config), found, signal);
  const isKept = await isKeptByNtp(signal, answerMs);
  if (isKept === true) found.ok('The clock is kept right by NTP');
  else if (isKept === false) found.warning('The clock is not kept right by NTP', ntpAdvice);
  else found.unseen('Whether the clock is kept right by NTP: timedatectl does not say');
}

async function checkSkew(address: URL, found: Findings, signal: AbortSignal): Promise<void> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    // checkNetwork reports an untrusted certificate.
    const skewMs = Date.now() - (await serverDate(address, limit, false));
    if (Number.isNaN(skewMs)) {
      found.unseen(`The clock of ${address.host}: it does not say what time it is`);
      return;
    }
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const text = `This clock is ${seconds} s ${skewMs < 0 ? 'behind' : 'before'} that of ${address.host}`;
    if (Math.abs(skewMs) > wrongMs) found.problem(text, ntpAdvice);
    else if (Math.abs(skewMs) > doubtfulMs) found.warning(text, ntpAdvice);
    else found.ok(`This clock and that of ${address.host} agree`);
  } catch (error) {
    found.unseen(`The clock of ${address.host}: ${describeError(error)}`);
  }
}
