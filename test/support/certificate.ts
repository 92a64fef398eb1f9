import { mkdtemp, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export interface CertificateFiles extends AsyncDisposable {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Writes a certificate for a name or an IPv4 address, and its key. Nobody trusts it but who is given it.
 */
export async function writeCertificate(
  { certificateFile, keyFile }: Pick<CertificateFiles, 'certificateFile' | 'keyFile'>,
  subject: string,
): Promise<void> {
  // biome-ignore format: each option with its value
  await execa('openssl', [
    'req', '-x509',
    '-newkey', 'ec',
    '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days', '2',
    '-subj', `/CN=${subject}`,
    '-addext', `subjectAltName=${isIP(subject) === 0 ? 'DNS' : 'IP'}:${subject}`,
    '-keyout', keyFile,
    '-out', certificateFile,
  ]);
}

/** As {@link writeCertificate}, in a directory of its own. */
export async function makeCertificate(subject: string): Promise<CertificateFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'certificate-'));
  const certificateFile = join(directory, 'certificate.pem');
  const keyFile = join(directory, 'key.pem');
  await writeCertificate({ certificateFile, keyFile }, subject);
  return {
    certificateFile,
    keyFile,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
