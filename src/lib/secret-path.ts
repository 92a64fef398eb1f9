/** Some cameras take their password in the stream's path, such as `/user=admin&password=…`. */
const secret = /pass|psw|pwd|secret|token|auth/i;

/** Whether a path seems to contain a password, and must not be shown. */
export const isSecretPath = (path: string): boolean => secret.test(path);
