import type { Registry } from 'prom-client';
import { counter, gauge, only } from './metrics-gauges.ts';
import type { ControlParts } from '../control/options.ts';

/** Tunnels that are open, and what became of all connections since the daemon's start. */
export interface TunnelCounts {
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
  readonly abandoned: number;
  readonly crowded: number;
}

interface Parts extends Pick<ControlParts, 'watching'> {
  readonly tunnelCounts: () => TunnelCounts;
}

/** Who is connected: cameras and viewers. */
export function addTunnelMetrics(registry: Registry, { tunnelCounts, watching }: Parts): void {
  gauge(registry, { name: 'cctv_tunnels', help: 'Tunnels that are open' }, () =>
    only(tunnelCounts().open),
  );
  counter(
    registry,
    {
      name: 'cctv_tunnel_logins_total',
      help: 'Connections to the SSH server: accepted, refused for their key or name, abandoned before they logged in, turned away because there were too many (crowded)',
      labels: ['result'],
    },
    () => {
      const { open: _, ...results } = tunnelCounts();
      return Object.entries(results).map(([result, count]) => [{ result }, count] as const);
    },
  );
  const { gateway } = watching;
  if (gateway === undefined) return;
  gauge(
    registry,
    { name: 'cctv_viewers', help: 'Viewers, by what they do', labels: ['state'] },
    () =>
      (['ready', 'playing', 'paused'] as const).map((state) => [
        { state },
        gateway.viewers().filter((viewer) => viewer.state === state).length,
      ]),
  );
}
