/** Where an installed daemon has its configuration. */
export const defaultConfigFile = '/etc/sapiengraph-cctv/config.yaml';

/** Where the daemon has its control socket, unless the configuration says otherwise. */
export const defaultControlSocket = '/run/sapiengraph-cctv/control.sock';

/** The region of the bucket that set-up suggests. */
export const defaultRegion = 'us-east-1';
