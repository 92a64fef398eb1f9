import type { Config } from './config.ts';
import type { FileConfig } from './schema.ts';
import { type Environment, type ConfigFindings, readCredentials, readSecret } from './secrets.ts';

type Alerts = NonNullable<FileConfig['alerts']>;
type AlertsConfig = NonNullable<Config['alerts']>;

const smtpPorts = { tls: 465, starttls: 587, none: 25 } as const;

/** The section `alerts` with its secrets read and its paths absolute. */
export function completeAlerts(
  given: Alerts,
  env: Environment,
  path: (value: string) => string,
  found: ConfigFindings,
): Omit<AlertsConfig, 'keyFile'> {
  const { sms, smtp, caFile, operator, reports, ...rest } = given;
  const gateway = sms.gateway && completeGateway(sms.gateway, env, path, found);
  const twilio = sms.twilio && completeTwilio(sms.twilio, env, path, found);
  const sns = sms.sns && completeSns(sms.sns, env, path, found);
  return {
    ...rest,
    operator,
    ...(reports === undefined ? {} : { reports }),
    carriers: {
      sms: {
        gateway,
        twilio,
        sns,
      },
      smtp: smtp === undefined ? undefined : completeSmtp(smtp, env, path, found),
      caFile: caFile === undefined ? undefined : path(caFile),
    },
  };
}

/** Whether the configuration file itself contains a secret. */
export const hasInlineSecret = ({ sms, smtp }: Alerts): boolean =>
  [
    sms.gateway?.password,
    sms.twilio?.authToken,
    sms.sns?.credentials.accessKeyId,
    sms.sns?.credentials.secretAccessKey,
    smtp?.password,
  ].some((secret) => secret !== undefined);

function completeGateway(
  { name, url, form, json, user, accepted, ...secret }: NonNullable<Alerts['sms']['gateway']>,
  env: Environment,
  path: (value: string) => string,
  found: ConfigFindings,
) {
  const template = form ?? json;
  // Some gateways recognise clients by IP address and use no password.
  const needed = user !== undefined || `${url} ${template}`.includes('{password}');
  const given = secret.password !== undefined || secret.passwordFile !== undefined;
  return {
    name,
    url,
    accepted,
    body:
      template === undefined
        ? undefined
        : { template, type: form === undefined ? ('json' as const) : ('form' as const) },
    user,
    ...(needed || given
      ? {
          password: readSecret(
            {
              option: 'alerts.sms.gateway.password',
              inline: secret.password,
              file: secret.passwordFile,
              variable: 'CCTV_SMS_GATEWAY_PASSWORD',
              credential: 'sms-gateway-password',
            },
            env,
            path,
            found,
          ),
        }
      : {}),
  };
}

function completeTwilio(
  given: NonNullable<Alerts['sms']['twilio']>,
  env: Environment,
  path: (value: string) => string,
  found: ConfigFindings,
) {
  const { accountSid, from, messagingServiceSid = '', endpoint } = given;
  const authToken = readSecret(
    {
      option: 'alerts.sms.twilio.authToken',
      inline: given.authToken,
      file: given.authTokenFile,
      variable: 'CCTV_TWILIO_AUTH_TOKEN',
      credential: 'twilio-auth-token',
    },
    env,
    path,
    found,
  );
  return {
    accountSid,
    authToken,
    sender: from === undefined ? { messagingServiceSid } : { from },
    endpoint,
  };
}

function completeSns(
  {
    region,
    endpoint,
    senderId,
    maxDollarsPerMessage,
    credentials,
  }: NonNullable<Alerts['sms']['sns']>,
  env: Environment,
  path: (value: string) => string,
  found: ConfigFindings,
) {
  const owner = { option: 'alerts.sms.sns', name: 'sns' };
  return {
    region,
    endpoint,
    senderId,
    maxPrice: maxDollarsPerMessage,
    ...readCredentials(owner, credentials, env, path, found),
  };
}

function completeSmtp(
  { host, port, security, user, from, ...secret }: NonNullable<Alerts['smtp']>,
  env: Environment,
  path: (value: string) => string,
  found: ConfigFindings,
) {
  return {
    host,
    port: port ?? smtpPorts[security],
    security,
    from,
    ...(user === undefined
      ? {}
      : {
          user,
          password: readSecret(
            {
              option: 'alerts.smtp.password',
              inline: secret.password,
              file: secret.passwordFile,
              variable: 'CCTV_SMTP_PASSWORD',
              credential: 'smtp-password',
            },
            env,
            path,
            found,
          ),
        }),
  };
}
