import type { Log } from '../lib/log.ts';
import { httpStatus } from './http-status.ts';

/**
 * What not every store has: `If-None-Match` of a PUT, `x-amz-checksum-sha256` of a PUT, and
 * `x-amz-checksum-mode` of a HEAD.
 */
export type Feature = 'conditionalPut' | 'checksum' | 'checksumMode';

/** The optional features of one PUT. */
export type PutFeatures = Readonly<Record<'conditionalPut' | 'checksum', boolean>>;

const named = {
  conditionalPut: /if-none-match|conditional/i,
  checksum: /checksum/i,
} as const;

/** Left out one after the other where a store refuses a PUT and doesn't say why. */
const trials: readonly (readonly (keyof PutFeatures)[])[] = [
  ['conditionalPut'],
  ['checksum'],
  ['conditionalPut', 'checksum'],
];

/** Codes that say that the content arrived damaged, or that we are not let in: no feature's fault. */
const otherCodes = /Digest|Mismatch|Signature|Token|AccessKey|Expired|Skewed|TooLarge|Timeout/i;

/** Statuses that have nothing to do with a feature, whatever the words say. */
const otherStatuses = new Set([401, 403, 404, 408, 409, 412, 413, 429]);

/**
 * Which optional features a store has, learned from its refusals. A refusal that names a feature is
 * believed. One that doesn't leads to trials, unless such a PUT has worked already: then the refusal
 * is about the one object.
 */
export class Features {
  readonly #log: Log;
  readonly #has = { conditionalPut: true, checksum: true, checksumMode: true };
  /** Whether a PUT with all present features has worked. */
  #confirmed = false;
  /** The index in {@link trials} of the trial under way; -1 if there is none. */
  #trial = -1;
  /** What the trial under way leaves out. */
  #leftOut: readonly Feature[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  has(feature: Feature): boolean {
    return this.#has[feature];
  }

  /** The store lacks a feature. */
  lacks(feature: Feature): void {
    if (!this.#has[feature]) return;
    this.#has[feature] = false;
    this.#log.info('the store lacks a feature; uploads go on without it', { feature });
  }

  /** A PUT with these features was refused. @returns whether it should be sent again with others */
  refused(error: unknown, sent: PutFeatures): boolean {
    const status = httpStatus(error);
    if (!(error instanceof Error) || !mayBeFeature(status, error.name)) return false;
    const suspects = (['conditionalPut', 'checksum'] as const).filter((one) => sent[one]);
    const culprits = suspects.filter((one) => named[one].test(`${error.name} ${error.message}`));
    if (culprits.length > 0) {
      this.#endTrial();
      for (const culprit of culprits) this.lacks(culprit);
      return true;
    }
    // Another upload has learned in the meantime.
    if (suspects.some((one) => !this.#has[one])) return true;
    if (suspects.length === 0 && this.#trial === -1) return false;
    // 501 means that something is not implemented, so it is not about the object.
    if (this.#confirmed && status !== 501) return false;
    return this.#nextTrial();
  }

  /** A PUT with these features was accepted. */
  worked(sent: PutFeatures): void {
    if (sent.conditionalPut !== this.#has.conditionalPut || sent.checksum !== this.#has.checksum) {
      return;
    }
    this.#confirmed = true;
    for (const feature of this.#endTrial()) this.lacks(feature);
  }

  #nextTrial(): boolean {
    const next = this.#trial + 1;
    this.#endTrial();
    for (let index = next; index < trials.length; index += 1) {
      const left = trials[index] ?? [];
      if (!left.every((one) => this.#has[one])) continue;
      for (const feature of left) this.#has[feature] = false;
      this.#trial = index;
      this.#leftOut = left;
      return true;
    }
    return false;
  }

  /** Restores what the trial under way had left out. @returns what that was */
  #endTrial(): readonly Feature[] {
    const left = this.#leftOut;
    for (const feature of left) this.#has[feature] = true;
    this.#leftOut = [];
    this.#trial = -1;
    return left;
  }
}

const mayBeFeature = (status: number | undefined, code: string): boolean =>
  status === 501 ||
  (status !== undefined &&
    status >= 400 &&
    status < 500 &&
    !otherStatuses.has(status) &&
    !otherCodes.test(code));

/** Whether a HEAD was refused in a way that `x-amz-checksum-mode` may be the cause of: it has no words. */
export const mayBeChecksumMode = (error: unknown): boolean => mayBeFeature(httpStatus(error), '');
