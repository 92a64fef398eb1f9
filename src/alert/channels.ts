import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Channel } from './channel.ts';
import type { CarrierPatience } from './channels/http-request.ts';
import { readGatewayReport, SmsHttpChannel, type SmsHttpOptions } from './channels/sms-http.ts';
import type { SmtpOptions } from './channels/smtp.ts';
import type { SnsOptions } from './channels/sns.ts';
import {
  isFromTwilio,
  readTwilioReport,
  TwilioChannel,
  type TwilioOptions,
} from './channels/twilio.ts';
import { WebhookChannel } from './channels/webhook.ts';
import type { ReportReader } from './reports.ts';

type FromUs = 'reportUrl' | 'ca' | 'patience';

/** The operator's carriers. Webhooks need none. */
export interface CarrierOptions {
  /** Tried in this order. */
  readonly sms?: {
    readonly gateway?: Omit<SmsHttpOptions, FromUs>;
    readonly twilio?: Omit<TwilioOptions, FromUs>;
    readonly sns?: Omit<SnsOptions, FromUs>;
  };
  readonly smtp?: Omit<SmtpOptions, FromUs>;
  /** A PEM file of certificate authorities to trust in addition to the system's. */
  readonly caFile?: string;
  readonly patience?: CarrierPatience;
}

/** The readers of delivery reports, by channel, for the carriers that send reports. */
export function reportReaders({ sms }: CarrierOptions): ReadonlyMap<string, ReportReader> {
  const readers = new Map<string, ReportReader>();
  const { gateway } = sms ?? {};
  if (gateway !== undefined && `${gateway.url} ${gateway.body?.template}`.includes('{report}')) {
    readers.set(gateway.name, ({ query, form }) =>
      readGatewayReport(new URLSearchParams([...query, ...form])),
    );
  }
  if (sms?.twilio !== undefined) {
    const { authToken } = sms.twilio;
    readers.set('twilio', ({ url, form, headers }) => {
      const signature = headers['x-twilio-signature'];
      const genuine =
        typeof signature === 'string' && isFromTwilio(authToken, url, form, signature);
      return genuine ? readTwilioReport(form) : 'forged';
    });
  }
  return readers;
}

/**
 * All channels. Those of the same kind are in the order in which they are tried.
 *
 * @param key from `loadAlertKey`
 * @param urlOf the URL for reports about a channel's message; absent if reports aren't received
 * @throws {OperatorError} if `caFile` can't be used
 */
export async function createChannels(
  { sms, smtp, caFile, patience }: CarrierOptions,
  key: Uint8Array,
  urlOf?: (channel: string, messageId: string) => string,
): Promise<readonly Channel[]> {
  const ca = caFile === undefined ? undefined : readAuthorities(caFile);
  const common = {
    ca,
    patience,
  };
  const reporting = (channel: string) =>
    urlOf === undefined ? {} : { reportUrl: (messageId: string) => urlOf(channel, messageId) };
  return [
    sms?.gateway &&
      new SmsHttpChannel({ ...sms.gateway, ...common, ...reporting(sms.gateway.name) }),
    sms?.twilio && new TwilioChannel({ ...sms.twilio, ...common, ...reporting('twilio') }),
    // Loaded on demand, because the libraries of these two are large.
    sms?.sns && new (await import('./channels/sns.ts')).SnsChannel({ ...sms.sns, ...common }),
    smtp && new (await import('./channels/smtp.ts')).SmtpChannel({ ...smtp, ...common }),
    new WebhookChannel({ key, ...common }),
  ].filter((channel) => channel !== undefined);
}

function readAuthorities(file: string): readonly string[] {
  try {
    const pem = readFileSync(file, 'utf8');
    // Parsed now: otherwise a damaged certificate would fail only at the first alert.
    const given = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (given.length === 0) throw new Error('it holds no certificate in PEM');
    return [
      ...getCACertificates('default'),
      ...given.map((one) => new X509Certificate(one).toString()),
    ];
  } catch (error) {
    throw new OperatorError(`alerts.caFile: ${file} can't be used: ${describeError(error)}`, {
      cause: error,
    });
  }
}
