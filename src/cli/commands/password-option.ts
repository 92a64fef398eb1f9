import { readPasswordFile } from '../files.ts';

export interface PasswordOptions {
  readonly passwordFile?: string;
}

export const passwordOption = [
  '--password-file <file>',
  'a file with a password of your own, instead of a strong new one; - for standard input',
] as const;

export const ownPassword = async ({
  passwordFile,
}: PasswordOptions): Promise<{ password?: string }> =>
  passwordFile === undefined ? {} : { password: await readPasswordFile(passwordFile) };
