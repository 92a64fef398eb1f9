import type { Registry } from 'prom-client';
import type { ViewerStatus } from '../contract/viewers.ts';
import type { TunnelCounts } from '../model/tunnel-counts.ts';
import { counter, gauge, only } from './metrics-gauges.ts';

export interface ConnectionMetricsParts {
  readonly tunnelCounts: () => TunnelCounts;
  /** Undefined: no gateway is configured. */
  readonly gateway: { viewers(): readonly ViewerStatus[] } | undefined;
}

/** Who is connected: cameras and viewers. */
export function addTunnelMetrics(
  registry: Registry,
  { tunnelCounts, gateway }: ConnectionMetricsParts,
): void {
  gauge(registry, { name: 'cctv_tunnels', help: 'Open tunnels' }, () => only(tunnelCounts().open));
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
