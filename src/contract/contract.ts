// All that the daemon answers at its control socket.
export * from './accounts.ts';
export * from './alerts.ts';
export * from './cameras.ts';
export * from './continuity.ts';
export * from './footage.ts';
export * from './status.ts';
export * from './verify.ts';
export * from './viewers.ts';
