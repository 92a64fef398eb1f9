import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type ReceivedRequest, startWebServer, type WebServer } from './web-server.ts';

export interface SnsStub extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What was published, as forms. */
  readonly published: readonly URLSearchParams[];
  readonly server: WebServer;
  mode: 'normal' | 'throttling' | 'cut after taking' | 'web page';
}

/**
 * A stand-in for Amazon SNS, whose service can't be had here: Publish of its query interface
 * (version 2010-03-31), its errors, and its check of signatures (Signature Version 4).
 */
export async function startSnsStub(): Promise<SnsStub> {
  const keys = { region: 'eu-test-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'sns-secret' };
  const published: URLSearchParams[] = [];
  const server = await startWebServer((request, response) => {
    const form = new URLSearchParams(request.body);
    const number = form.get('PhoneNumber') ?? '';
    if (stub.mode === 'web page') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to the Wi-Fi</h1>');
    } else if (!isSigned(request, keys)) {
      const words =
        'The request signature we calculated does not match the signature you provided.';
      fail(response, 403, 'SignatureDoesNotMatch', words);
    } else if (form.get('Action') !== 'Publish' || form.get('Version') !== '2010-03-31') {
      fail(response, 400, 'InvalidAction', 'The action is not valid for this endpoint.');
    } else if (stub.mode === 'throttling') {
      fail(response, 400, 'Throttling', 'Rate exceeded');
    } else if (!/^\+[1-9]\d{6,14}$/.test(number) || number.endsWith('5550001')) {
      const words = `Invalid parameter: PhoneNumber Reason: ${number} is not valid to publish to`;
      fail(response, 400, 'InvalidParameter', words);
    } else {
      published.push(form);
      if (stub.mode === 'cut after taking') return void response.destroy();
      const id = randomUUID();
      response
        .writeHead(200, { 'Content-Type': 'text/xml' })
        .end(
          `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`,
        );
    }
  });
  const stub: SnsStub = {
    endpoint: server.url,
    ...keys,
    published,
    server,
    mode: 'normal',
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return stub;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** Whether the request has the signature that AWS asks for (Signature Version 4). */
function isSigned(
  { method, path, headers, body }: ReceivedRequest,
  keys: { readonly region: string; readonly accessKeyId: string; readonly secretAccessKey: string },
): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sns\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (match === null) return false;
  const [, id = '', day = '', region = '', signed = '', signature = ''] = match;
  if (id !== keys.accessKeyId || region !== keys.region) return false;
  const canonical = [
    method,
    path,
    '',
    ...signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/sns/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha256(canonical)];
  const key = [day, region, 'sns', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  );
  return hmac(key, text.join('\n')).toString('hex') === signature;
}

const fail = (response: ServerResponse, status: number, code: string, words: string): void =>
  void response
    .writeHead(status, { 'Content-Type': 'text/xml' })
    .end(
      `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${words}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
    );
