/** Tunnels that are open, and what became of all connections since the daemon's start. */
export interface TunnelCounts {
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
  /** They went away before they logged in. */
  readonly abandoned: number;
  /** There were too many. */
  readonly crowded: number;
}
