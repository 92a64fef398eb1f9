/** The configuration of an installed daemon. */
export const defaultConfigFile = '/etc/sapiengraph-cctv/config.yaml';

/** The daemon's control socket, unless the configuration sets another. */
export const defaultControlSocket = '/run/sapiengraph-cctv/control.sock';

/** The bucket region that set-up suggests. */
export const defaultRegion = 'us-east-1';
