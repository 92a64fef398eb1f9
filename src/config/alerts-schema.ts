import * as z from 'zod';
import {
  addressRules,
  parseEmailAddress,
  parsePhoneNumber,
  parseWebhookUrl,
} from '../alert/addresses.ts';
import { bodyTemplateProblems, urlTemplateProblems } from '../alert/channels/url-template.ts';
import { credentialsSchema } from './credentials-schema.ts';
import {
  httpAddress,
  label,
  list,
  listenAddress,
  oneOf,
  section,
  text,
  wholeNumber,
} from './fields.ts';

/** Text in the normal form that `parse` returns; undefined from `parse` means that the text is invalid. */
const parsed = <T>(parse: (value: string) => T | undefined, what: string) =>
  text(what).transform((value, context): T => {
    const result = parse(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: `must be ${what}` });
    return z.NEVER;
  });

const template = (what: string, problemsOf: (value: string) => readonly string[]) =>
  text(what).superRefine((value, context) => {
    for (const problem of problemsOf(value)) {
      context.addIssue({ code: 'custom', message: `must ${problem}` });
    }
  });

const phoneNumber = () => parsed(parsePhoneNumber, addressRules.sms);
const emailAddress = () => parsed(parseEmailAddress, addressRules.email);
const webhookUrl = () => parsed(parseWebhookUrl, addressRules.webhook);

const expression = () =>
  parsed((value) => {
    try {
      return new RegExp(value);
    } catch {
      return undefined;
    }
  }, "a regular expression, such as '^[03]: '");

function parseTimeZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

const ownNames = ['twilio', 'sns', 'smtp', 'webhook'];

const gateway = section({
  name: label()
    .refine((name) => !ownNames.includes(name), {
      error: () => `must be another name than ${ownNames.join(', ')}`,
    })
    .default('gateway'),
  url: template('the address of a gateway with names in braces', urlTemplateProblems),
  form: template('fields with names in braces', (value) =>
    bodyTemplateProblems(value, 'url'),
  ).optional(),
  json: template('JSON with names in braces', (value) =>
    bodyTemplateProblems(value, 'json'),
  ).optional(),
  user: text('text').optional(),
  password: text('text').optional(),
  passwordFile: text('the path of a file').optional(),
  accepted: expression(),
}).superRefine(({ url, form, json }, context) => {
  if (form !== undefined && json !== undefined) {
    context.addIssue({ code: 'custom', message: 'must have either form or json' });
  }
  const all = `${url} ${form ?? ''} ${json ?? ''}`;
  if (!/\{to\}|\{digits\}/.test(all) || !all.includes('{text}')) {
    const message = 'must say where the number and the text go: {to} or {digits}, and {text}';
    context.addIssue({ code: 'custom', path: ['url'], message });
  }
});

const sid = (letters: string, what: string) =>
  text(what).regex(new RegExp(`^${letters}[0-9a-f]{32}$`), {
    error: () => `must be ${what}: ${letters} and 32 of 0-9 and a-f`,
  });

const twilio = section({
  accountSid: sid('AC', 'the SID of an account'),
  authToken: text('text').optional(),
  authTokenFile: text('the path of a file').optional(),
  from: text('a number of yours at Twilio, or a sender name')
    .regex(/^(?:\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/, {
      error: () =>
        "must be a number such as '+15005550006', a short code, or a name of up to 11 letters and digits",
    })
    .optional(),
  messagingServiceSid: sid('MG', 'the SID of a messaging service').optional(),
  endpoint: httpAddress().optional(),
}).refine(
  ({ from, messagingServiceSid }) => (from === undefined) !== (messagingServiceSid === undefined),
  { error: () => 'must have either from or messagingServiceSid' },
);

const sns = section({
  region: text('the name of a region'),
  endpoint: httpAddress().optional(),
  senderId: text('a name')
    .regex(/^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/, {
      error: () => 'must be 1 to 11 letters, digits and "-", with a letter among them',
    })
    .optional(),
  maxDollarsPerMessage: z
    .number({ error: () => 'must be a number' })
    .positive({ error: () => 'must be more than 0' })
    .optional(),
  credentials: credentialsSchema.prefault({}),
});

interface Sender {
  readonly address: string;
  readonly name?: string;
}

function parseSender(value: string): Sender | undefined {
  const match = /^(?:([^<>"\p{C}]{0,100}?) *<([^<>]+)>|([^<>]+))$/u.exec(value);
  const address = parseEmailAddress(match?.[2] ?? match?.[3] ?? '');
  const name = match?.[1];
  return address === undefined ? undefined : { address, ...(name ? { name } : {}) };
}

const ownHosts = ['localhost', '127.0.0.1', '::1'];

const smtp = section({
  host: text('the name or address of a mail server').regex(/^[A-Za-z0-9.:-]+$/, {
    error: () => 'must be the name or address of a mail server',
  }),
  port: wholeNumber(1, 65_535).optional(),
  security: oneOf('tls', 'starttls', 'none').default('starttls'),
  user: text('text').optional(),
  password: text('text').optional(),
  passwordFile: text('the path of a file').optional(),
  from: parsed(parseSender, "an e-mail address, alone or as 'NAME <ADDRESS>'"),
}).refine(
  ({ host, security, user }) =>
    user === undefined || security !== 'none' || ownHosts.includes(host),
  {
    path: ['security'],
    error: () =>
      'must be tls or starttls: the password would go through the network for all to read',
  },
);

const reports = section({
  listen: listenAddress().prefault('127.0.0.1:8087'),
  url: parsed(
    (value) => (value.includes('?') ? undefined : parseWebhookUrl(value)?.replace(/\/+$/, '')),
    'an http:// or https:// address without "?" and "#"',
  ).optional(),
}).refine(({ listen, url }) => url !== undefined || !['0.0.0.0', '::'].includes(listen.host), {
  path: ['url'],
  error: () => 'must be what carriers reach it by, when it listens on every address',
});

const addresses = <T extends z.ZodType>(address: T) =>
  list(address, 'a list of addresses').default([]);

/** The section `alerts`, with paths and secrets still unresolved. */
export const alerts = section({
  notRecordingSeconds: wholeNumber(15, 86_400).default(60),
  recordingAgainSeconds: wholeNumber(10, 3_600).default(120),
  sms: section({
    gateway: gateway.optional(),
    twilio: twilio.optional(),
    sns: sns.optional(),
  }).prefault({}),
  smtp: smtp.optional(),
  reports: reports.optional(),
  operator: section({
    sms: addresses(phoneNumber()),
    email: addresses(emailAddress()),
    webhook: addresses(webhookUrl()),
    timeZone: parsed(parseTimeZone, "a time zone, such as 'Europe/Berlin'").default('UTC'),
  }).prefault({}),
  heartbeat: section({
    url: webhookUrl(),
    everySeconds: wholeNumber(10, 86_400).default(60),
  }).optional(),
  limits: section({
    messagesPerContactPerHour: wholeNumber(1, 1_000).default(20),
    smsPerHour: wholeNumber(1, 100_000).default(200),
  }).prefault({}),
  caFile: text('the path of a file').optional(),
}).superRefine(({ sms, smtp: mail, reports: reporting, operator }, context) => {
  const issue = (path: readonly string[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message });
  const { gateway: given } = sms;
  const templates = `${given?.url} ${given?.form} ${given?.json}`;
  if (templates.includes('{report}') && reporting === undefined) {
    issue(['sms', 'gateway', 'url'], 'must be without {report}, unless alerts.reports is given');
  }
  if (operator.sms.length > 0 && Object.values(sms).every((carrier) => carrier === undefined)) {
    issue(['operator', 'sms'], 'must be empty, unless alerts.sms has a gateway, twilio or sns');
  }
  if (operator.email.length > 0 && mail === undefined) {
    issue(['operator', 'email'], 'must be empty, unless alerts.smtp is given');
  }
});
