import type { Config } from '../../config/config.ts';
import { facts } from '../table.ts';

/** What `cctvd check` shows of a configuration that can be used. */
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
      ['  Cameras dial in at', `${tunnel.listen.host}:${tunnel.listen.port}`],
      ['  Viewers connect to', ...describeGateway(config.gateway)],
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

function describeGateway(gateway: Config['gateway']): string[] {
  if (gateway === undefined) return ['nothing: no gateway is configured'];
  const { listen, tls } = gateway;
  return [
    ...(listen === undefined ? [] : [`${listen.host}:${listen.port}, RTSP in the clear`]),
    ...(tls === undefined ? [] : [`${tls.listen.host}:${tls.listen.port}, RTSPS`]),
  ];
}
