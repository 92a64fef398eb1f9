import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { UnknownNameError } from '../model/errors.ts';
import { OperatorError } from '../lib/errors.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type {
  AlertingAnswer,
  AlertingParts,
  AlertsAnswer,
  ContactAnswer,
  ContactsAnswer,
  NewContactAnswer,
  TestAnswer,
} from './alerting.ts';
import { type NamedCamera, nameOf } from './camera-routes.ts';
import { addContactChangeRoute } from './contact-changes.ts';
import { addressOf, contactAddress, contactName, quietHours } from './contact-requests.ts';
import type { ControlParts } from './options.ts';
import { parseRequest } from './requests.ts';
import type { AlertMessage } from '../model/alert.ts';
import type { KnownContact } from '../model/contact.ts';

const newContact = z.strictObject({
  account: contactName,
  name: contactName,
  addresses: z.array(contactAddress).max(20),
  quiet: quietHours.exactOptional(),
});
const contactList = z.strictObject({ account: contactName.optional() });
const alertList = z.strictObject({
  account: contactName.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const yearMs = 366 * 86_400_000;
const silenceRule = { error: () => 'A silence lasts up to a year' };
const silence = z.strictObject({
  /** null: it ends. */
  forMs: z.int(silenceRule).positive(silenceRule).max(yearMs, silenceRule).nullable(),
});
const alertAfter = z.strictObject({ seconds: z.number().nullable() });
const timeZone = z.strictObject({ timeZone: contactName });

interface NamedAccount {
  readonly Params: { readonly account: string };
}
interface NamedContact {
  readonly Params: { readonly account: string; readonly name: string };
}
interface NamedAlert {
  readonly Params: { readonly id: string };
}

const cameraPath = '/cameras/:account/:name';

/** Who is told when a camera stops, and what they were told. */
export function addAlertRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, log } = parts;

  const alerting = (): AlertingParts => {
    const now = parts.alerting();
    if (now !== undefined) return now;
    throw new OperatorError('This daemon tells nobody anything: it has no alerts.');
  };

  const shown = <
    T extends { readonly kind: 'sms' | 'email' | 'webhook'; readonly address: string },
  >(
    address: T,
  ): T => ({
    ...address,
    address: parts.alerting()?.shownAddress(address.kind, address.address) ?? address.address,
  });

  const contactAnswer = (contact: KnownContact): ContactAnswer => {
    const { account, name: called, addresses, quiet, createdMs } = contact;
    return {
      account,
      name: called,
      addresses: addresses.map(shown),
      createdMs,
      quiet,
      timeZone: ledger.accounts.timeZone(account) ?? 'UTC',
    };
  };

  const alertAnswer = (message: AlertMessage): AlertMessage => ({
    ...message,
    deliveries: message.deliveries.map(shown),
  });

  app.get('/contacts', (request): ContactsAnswer => {
    const { account } = parseRequest(contactList, request.query);
    return { contacts: ledger.contacts.list(account).map(contactAnswer) };
  });

  app.post('/contacts', (request, reply) => {
    const given = parseRequest(newContact, request.body);
    const addresses = given.addresses.map((one) => addressOf(one, alerting()));
    const added = ledger.contacts.add({ ...given, addresses });
    log.info('contact added', { account: added.account, contact: added.name });
    const webhooks = addresses.filter((one) => one.kind === 'webhook');
    const answer: NewContactAnswer = {
      ...contactAnswer(added),
      webhookSecrets: webhooks.map(({ address }) => alerting().webhookSecret(address)),
    };
    return reply.code(201).send(answer);
  });

  addContactChangeRoute(app, parts, alerting);

  app.delete<NamedContact>('/contacts/:account/:name', (request, reply) => {
    const { account, name: contact } = request.params;
    ledger.contacts.remove(account, contact);
    log.info('contact removed', { account, contact });
    return reply.code(204).send();
  });

  app.post<NamedAccount>('/accounts/:account/test-alert', (request): TestAnswer => {
    const { account } = request.params;
    ledger.accounts.timeZone(account);
    return { messages: alerting().test(account) };
  });

  app.post<NamedAccount>('/accounts/:account/time-zone', (request, reply) => {
    const { account } = request.params;
    const zone = parseRequest(timeZone, request.body).timeZone;
    ledger.accounts.setTimeZone(account, zone);
    log.info('account has another time zone', { account, timeZone: zone });
    return reply.code(204).send();
  });

  app.get('/alerts', (request): AlertsAnswer => {
    const { account, limit } = parseRequest(alertList, request.query);
    const alerts = ledger.alerts.list({ limit, account });
    return { alerts: alerts.map(alertAnswer), failing: parts.alerting()?.failing() ?? [] };
  });

  app.get<NamedAlert>('/alerts/:id', (request): AlertMessage => {
    const found = ledger.alerts.find(request.params.id);
    if (found !== undefined) return alertAnswer(found);
    throw new UnknownNameError(`There is no alert ${request.params.id}.`);
  });

  app.get<NamedCamera>(`${cameraPath}/alerting`, (request): AlertingAnswer => {
    return ledger.alertSettings.of(nameOf(request.params));
  });

  app.post<NamedCamera>(`${cameraPath}/silence`, (request): AlertingAnswer => {
    const camera = nameOf(request.params);
    const { forMs } = parseRequest(silence, request.body);
    ledger.alertSettings.silence(camera, forMs === null ? undefined : Date.now() + forMs);
    log.info(forMs === null ? 'camera is no longer silenced' : 'camera is silenced', {
      camera: formatCameraName(camera),
      ...(forMs === null ? {} : { forSeconds: Math.round(forMs / 1_000) }),
    });
    return ledger.alertSettings.of(camera);
  });

  app.post<NamedCamera>(`${cameraPath}/alert-after`, (request): AlertingAnswer => {
    const camera = nameOf(request.params);
    const { seconds } = parseRequest(alertAfter, request.body);
    ledger.alertSettings.setAfter(camera, seconds ?? undefined);
    log.info('camera is told to have stopped after another time', {
      camera: formatCameraName(camera),
      seconds,
    });
    return ledger.alertSettings.of(camera);
  });
}
