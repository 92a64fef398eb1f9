import {
  type MessageAttributeValue,
  PublishCommand,
  SNSClient,
  SNSServiceException,
} from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describeError, errorCode } from '../../lib/errors.ts';
import { within } from '../../lib/until.ts';
import { type Accepted, type Channel, type OutgoingMessage, SendError } from '../channel.ts';
import { smsTextOf } from '../sms-text.ts';
import { quote } from './answers.ts';
import { type CarrierPatience, defaultPatience } from './http-request.ts';

export interface SnsOptions {
  readonly region: string;
  /** Amazon's for the region unless given. */
  readonly endpoint?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Sender's name, 1 to 11 letters and digits; works where the receiver's country allows names. */
  readonly senderId?: string;
  /** Highest price of one message, in US dollars. */
  readonly maxPrice?: number;
  readonly ca?: readonly string[];
  readonly patience?: CarrierPatience;
}

/** The API's names of errors that concern the message or its number. */
const refusing = new Set([
  'InvalidParameter',
  'InvalidParameterException',
  'InvalidParameterValueException',
  'ParameterValueInvalid',
  'OptedOut',
  'OptedOutException',
  'ValidationException',
]);

/** Codes of errors that occur before there is a connection. */
const unconnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** SMS by Amazon SNS, which reports deliveries only to CloudWatch, so the result is `accepted`. */
export class SnsChannel implements Channel {
  readonly name = 'sns';
  readonly kind = 'sms';
  readonly resendIsHarmless = false;
  readonly #options: SnsOptions;
  readonly #client: SNSClient;

  constructor(options: SnsOptions) {
    this.#options = options;
    const {
      region,
      endpoint,
      accessKeyId,
      secretAccessKey,
      ca,
      patience = defaultPatience,
    } = options;
    this.#client = new SNSClient({
      region,
      endpoint,
      credentials: { accessKeyId, secretAccessKey },
      // No retries by the SDK: Publish has no idempotency key, so the outbox decides.
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: patience.connectMs,
        requestTimeout: patience.totalMs,
        throwOnRequestTimeout: true,
        httpAgent: { keepAlive: false },
        httpsAgent: { keepAlive: false, ca: ca === undefined ? undefined : [...ca] },
      }),
    });
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted> {
    const { senderId, maxPrice, patience = defaultPatience } = this.#options;
    const attributes: Record<string, MessageAttributeValue> = {
      'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' },
    };
    if (senderId !== undefined) {
      attributes['AWS.SNS.SMS.SenderID'] = { DataType: 'String', StringValue: senderId };
    }
    if (maxPrice !== undefined) {
      attributes['AWS.SNS.SMS.MaxPrice'] = { DataType: 'Number', StringValue: String(maxPrice) };
    }
    const command = new PublishCommand({
      PhoneNumber: message.to,
      Message: smsTextOf(message),
      MessageAttributes: attributes,
    });
    let answer: { readonly MessageId?: string | undefined };
    try {
      answer = await within(patience.totalMs, 'the answer', signal, (limit) =>
        this.#client.send(command, { abortSignal: limit }),
      );
    } catch (error) {
      throw explain(error);
    }
    if (answer.MessageId === undefined) {
      throw new SendError('sns answered without a MessageId', {
        kind: 'temporary',
        maybeSent: true,
      });
    }
    return { carrierId: answer.MessageId, final: 'accepted' };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }
}

function explain(error: unknown): SendError {
  // The SDK also makes such an error from an unreadable response, but then without a proper name.
  if (error instanceof SNSServiceException && error.name !== 'Error') {
    const { name, message, $metadata } = error;
    const status = $metadata.httpStatusCode ?? 0;
    return new SendError(`sns answered ${status} ${quote(name)}: ${quote(message)}`, {
      kind: refusing.has(name) ? 'refused' : 'temporary',
    });
  }
  const refusedBefore =
    unconnected.has(errorCode(error) ?? '') ||
    /did not establish a connection|connection timed out/i.test(describeError(error));
  return new SendError(`sns gave no answer: ${quote(describeError(error))}`, {
    kind: 'temporary',
    maybeSent: !refusedBefore,
  });
}
