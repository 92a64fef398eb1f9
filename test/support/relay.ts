import { silentLog } from '../../src/lib/log.ts';
import { type Relay, type RelayOptions, startRelay } from '../../src/relay/relay.ts';
import { live555ProxyServer, loopbackOnly } from './tools.ts';

const never = new AbortController().signal;

/** Starts a real relay for a camera's stream, with the real library unless told otherwise. */
export const relayOf = (source: string, more: Partial<RelayOptions> = {}): Promise<Relay> =>
  startRelay({
    source,
    program: live555ProxyServer(),
    preload: loopbackOnly(),
    log: silentLog,
    signal: never,
    ...more,
  });
