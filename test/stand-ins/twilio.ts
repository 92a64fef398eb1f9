import { createHmac, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type ReceivedRequest, startWebServer, type WebServer } from './web-server.ts';

/** A message as Twilio's API shows it (version 2010-04-01); only what is of interest. */
export interface TwilioStubMessage {
  readonly sid: string;
  status: string;
  readonly to: string;
  readonly from: string | null;
  readonly messaging_service_sid: string | null;
  readonly body: string;
  /** RFC 2822, in whole seconds. */
  readonly date_created: string;
  error_code: number | null;
  error_message: string | null;
}

export interface TwilioStub extends AsyncDisposable {
  readonly endpoint: string;
  readonly accountSid: string;
  readonly authToken: string;
  readonly messages: readonly TwilioStubMessage[];
  readonly server: WebServer;
  /** How messages are answered: as Twilio does, taken without an answer, or too often. */
  mode: 'normal' | 'cut after taking' | 'too many requests' | 'web page';
  /** Moves a message on and posts that to its StatusCallback; gives the status of the answer. */
  report(sid: string, status: string, errorCode?: number): Promise<number>;
}

/**
 * A stand-in for Twilio, whose service can't be had here: the shape of its REST interface for
 * messages, its errors, and its signed status callbacks.
 */
export async function startTwilioStub(): Promise<TwilioStub> {
  const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
  const authToken = 'f'.repeat(32);
  const messages: TwilioStubMessage[] = [];
  const callbacks = new Map<string, string>();
  const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;

  const create = (request: ReceivedRequest, response: ServerResponse): void => {
    const form = new URLSearchParams(request.body);
    const to = form.get('To') ?? '';
    const problem = problemOf(form);
    if (problem !== undefined) return fail(response, 400, ...problem);
    const message: TwilioStubMessage = {
      sid: `SM${randomBytes(16).toString('hex')}`,
      status: form.has('MessagingServiceSid') ? 'accepted' : 'queued',
      to,
      from: form.get('From'),
      messaging_service_sid: form.get('MessagingServiceSid'),
      body: form.get('Body') ?? '',
      date_created: new Date().toUTCString().replace('GMT', '+0000'),
      error_code: null,
      error_message: null,
    };
    messages.unshift(message);
    const callback = form.get('StatusCallback');
    if (callback !== null) callbacks.set(message.sid, callback);
    if (stub.mode === 'cut after taking') return void response.destroy();
    json(response, 201, { ...message, num_segments: '1', direction: 'outbound-api', uri: path });
  };

  const server = await startWebServer((request, response) => {
    const url = new URL(request.path, 'http://stub');
    if (stub.mode === 'web page') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to the Wi-Fi</h1>');
    } else if (request.headers.authorization !== basic) {
      fail(response, 401, 20003, 'Authenticate');
    } else if (url.pathname !== path) {
      fail(response, 404, 20404, `The requested resource ${url.pathname} was not found`);
    } else if (stub.mode === 'too many requests') {
      fail(response, 429, 20429, 'Too Many Requests');
    } else if (request.method === 'POST') {
      create(request, response);
    } else {
      const size = Number(url.searchParams.get('PageSize') ?? 50);
      const to = url.searchParams.get('To');
      const found = messages.filter((message) => to === null || message.to === to).slice(0, size);
      json(response, 200, { messages: found, page: 0, page_size: size, next_page_uri: null });
    }
  });

  const stub: TwilioStub = {
    endpoint: server.url,
    accountSid,
    authToken,
    messages,
    server,
    mode: 'normal',
    report: async (sid, status, errorCode) => {
      const message = messages.find((one) => one.sid === sid);
      const url = callbacks.get(sid);
      if (message === undefined || url === undefined) throw new Error(`nobody waits for ${sid}`);
      message.status = status;
      message.error_code = errorCode ?? null;
      const form = new URLSearchParams({
        MessageSid: sid,
        SmsSid: sid,
        MessageStatus: status,
        SmsStatus: status,
        To: message.to,
        AccountSid: accountSid,
        ApiVersion: '2010-04-01',
      });
      if (errorCode !== undefined) form.set('ErrorCode', String(errorCode));
      const signed = [...form.keys()].sort().map((name) => name + (form.get(name) ?? ''));
      const signature = createHmac('sha1', authToken)
        .update(url + signed.join(''))
        .digest('base64');
      const { status: answered } = await fetch(url, {
        method: 'POST',
        body: form,
        headers: { 'X-Twilio-Signature': signature },
      });
      return answered;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return stub;
}

/** Code and words, as Twilio answers them. */
function problemOf(form: URLSearchParams): [number, string] | undefined {
  const to = form.get('To') ?? '';
  if (to === '') return [21604, "A 'To' phone number is required."];
  if (!/^\+[1-9]\d{6,14}$/.test(to) || to.endsWith('5550001')) {
    return [21211, `Invalid 'To' Phone Number: ${to.slice(0, -4)}XXXX`];
  }
  if (to.endsWith('5550004')) return [21610, 'Attempt to send to unsubscribed recipient'];
  if (to.endsWith('5550002')) {
    return [21408, `Permission to send an SMS has not been enabled for the region`];
  }
  if (!form.has('From') && !form.has('MessagingServiceSid')) {
    return [21603, "A 'From' phone number is required."];
  }
  return form.get('Body') ? undefined : [21602, 'Message body is required.'];
}

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response
    .writeHead(status, { 'Content-Type': 'application/json;charset=utf-8' })
    .end(JSON.stringify(body));

const fail = (response: ServerResponse, status: number, code: number, message: string): void =>
  json(response, status, {
    code,
    message,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  });
