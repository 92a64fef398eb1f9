import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export interface CertificateFiles extends AsyncDisposable {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate for an address of IPv4 that nobody but who is given it trusts. */
export async function makeCertificate(address: string): Promise<CertificateFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'certificate-'));
  const certificateFile = join(directory, 'certificate.pem');
  const keyFile = join(directory, 'key.pem');
  await execa('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${address}`,
    '-addext',
    `subjectAltName=IP:${address}`,
    '-keyout',
    keyFile,
    '-out',
    certificateFile,
  ]);
  return {
    certificateFile,
    keyFile,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
