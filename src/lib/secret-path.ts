/** Some cameras take their password in the path of their stream, as `/user=admin&password=…`. */
const secret = /pass|psw|pwd|secret|token|auth/i;

/** Whether a path seems to hold a password, so that it is for the camera alone. */
export const isSecretPath = (path: string): boolean => secret.test(path);
