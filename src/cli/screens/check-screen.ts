import type { Config } from '../../config/config.ts';
import { formatAddress } from '../../lib/addresses.ts';
import { facts } from '../table.ts';

/** What `cctvd check` shows of a valid configuration. */
export function checkScreen(config: Config): string[] {
  const { bucket, tunnel, archive, relay } = config;
  const store = bucket.endpoint ?? `Amazon S3 in ${bucket.region}`;
  const { maxWidth, framesPerSecond } = archive.downsample;
  const profile =
    archive.profile === 'copy'
      ? 'copied'
      : `scaled down to ${maxWidth} wide at most, ${framesPerSecond} pictures/s`;
  return [
    ...config.warnings.map((warning) => `Warning: ${warning}`),
    `${config.file} can be used:`,
    ...facts([
      ['  Cameras dial in at', formatAddress(tunnel.listen)],
      ['  Viewers connect to', ...describeGateway(config.gateway)],
      ['  Owners open the page at', ...describePage(config.console.web)],
      [
        '  Metrics are at',
        config.metrics === undefined
          ? 'the control socket only'
          : `http://${formatAddress(config.metrics.listen)}/metrics`,
      ],
      ['  Alerts go out by', ...describeAlerts(config.alerts)],
      ['  Footage is', `${profile}, in segments of ${archive.segmentSeconds} s`],
      ['  It goes to', `the bucket ${bucket.name} at ${store}`],
      ['  Spool', config.spoolDirectory],
      ['  Ledger', config.ledgerFile],
      ['  Relay', relay.program],
      ['  Archiver', archive.program],
      ['  Control socket', config.control.socket],
    ]),
  ];
}

function describePage(web: Config['console']['web']): string[] {
  if (web === undefined) return ['nowhere: no page is configured'];
  const { listen, tls, publicUrl } = web;
  const own = `${tls === undefined ? 'http' : 'https'}://${formatAddress(listen)}/`;
  return publicUrl === undefined ? [own] : [`${publicUrl}/, which a proxy brings to ${own}`];
}

function describeAlerts(alerts: Config['alerts']): string[] {
  if (alerts === undefined) return ['nothing: no alerts are configured'];
  const { carriers, reports } = alerts;
  const ways = [
    ...Object.entries(carriers.sms ?? {}).flatMap(([name, carrier]) =>
      carrier === undefined ? [] : [name === 'gateway' ? 'SMS' : `SMS (${name})`],
    ),
    ...(carriers.smtp === undefined ? [] : ['e-mail']),
    'webhook',
  ];
  const lines = [ways.join(', ')];
  if (reports !== undefined) lines.push(`carriers report to ${formatAddress(reports.listen)}`);
  return lines;
}

function describeGateway(gateway: Config['gateway']): string[] {
  if (gateway === undefined) return ['nothing: no gateway is configured'];
  const { listen, tls } = gateway;
  return [
    ...(listen === undefined ? [] : [`${formatAddress(listen)}, RTSP in the clear`]),
    ...(tls === undefined ? [] : [`${formatAddress(tls.listen)}, RTSPS`]),
  ];
}
