import { describeError } from '../lib/errors.ts';
import { within } from '../lib/until.ts';

/** `unseen`: it could not be checked from here. */
export type Severity = 'ok' | 'warning' | 'problem' | 'unseen';

/** The result of one check. */
export interface Finding {
  readonly area: Area;
  readonly severity: Severity;
  /** A sentence without its full stop. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const areas = [
  ...(['daemon', 'configuration', 'secrets', 'programs', 'network', 'clock'] as const),
  ...(['bucket', 'disk', 'ledger', 'machine'] as const),
] as const;

export type Area = (typeof areas)[number];

export interface Findings {
  ok(text: string): void;
  warning(text: string, advice: string): void;
  problem(text: string, advice: string): void;
  unseen(text: string, advice?: string): void;
}

export type Check = (found: Findings, signal: AbortSignal) => Promise<void> | void;

const checkMs = 30_000;

/** Checks one area. A check that fails is a finding, too; rejects only when `signal` aborts. */
export async function look(area: Area, check: Check, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add =
    (severity: Severity) =>
    (text: string, advice?: string): void => {
      findings.push({ area, severity, text, advice });
    };
  const found: Findings = {
    ok: add('ok'),
    warning: add('warning'),
    problem: add('problem'),
    unseen: add('unseen'),
  };
  try {
    await within(checkMs, 'looking at it', signal, async (inner) => await check(found, inner));
  } catch (error) {
    if (signal.aborted) throw error;
    found.unseen(`${area}: ${describeError(error)}`);
  }
  // A copy, since a check that timed out may still add findings.
  return [...findings];
}
