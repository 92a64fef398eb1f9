/** Somebody who may see the cameras of all accounts in a browser. Milliseconds since 1970 UTC. */
export interface Operator {
  readonly name: string;
  readonly createdMs: number;
  readonly passwordSetMs: number;
}
