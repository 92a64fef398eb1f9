// The API's answers, as far as the page reads them. Times are ms since 1970 UTC.

export interface ViewerSession {
  readonly role: 'viewer';
  readonly account: string;
  readonly user: string;
  readonly timeZone: string;
  readonly csrf: string;
}

export interface OperatorSession {
  readonly role: 'operator';
  readonly user: string;
  readonly csrf: string;
}

export type Session = ViewerSession | OperatorSession;

export interface Camera {
  readonly name: string;
  readonly isRecording: boolean;
  /** `recording`, or why it is not. */
  readonly state: string;
  readonly sinceMs?: number;
  readonly lastFootageAtMs?: number;
  readonly live: boolean;
}

export interface Cameras {
  readonly nowMs: number;
  readonly cameras: readonly Camera[];
}

export interface Sums {
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
}

export interface Piece {
  readonly startMs: number;
  readonly endMs: number;
  readonly state: 'stored' | 'spooled' | 'missing';
  readonly cause?: string;
}

export interface Timeline extends Sums {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pieces: readonly Piece[];
}

export interface DaySums extends Sums {
  readonly day: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface StartedExport {
  readonly id: string;
  readonly fileName: string;
}

export interface ExportState {
  readonly state: string;
  /** 0 to 1. */
  readonly progress: number;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly error?: string;
  /** It failed since the format changed then: one file has one format. */
  readonly changedAtMs?: number;
}

export interface OverviewCamera extends Omit<Camera, 'live'> {
  readonly account: string;
  /** What it does, by the name that `cctv cameras` has for it too. */
  readonly doing: string;
  readonly isNew: boolean;
  readonly detail: string;
  readonly last24h: Sums;
}

export interface Overview {
  readonly nowMs: number;
  readonly version: string;
  /** The worst first. */
  readonly cameras: readonly OverviewCamera[];
  readonly uploads: {
    readonly uploading: number;
    readonly waiting: number;
    /** Segments, since the daemon started. */
    readonly stored: number;
    readonly failing?: { readonly sinceMs: number; readonly cause: string };
  };
  readonly spool: {
    readonly files: number;
    readonly bytes: number;
    readonly oldestMs?: number;
    readonly disk?: {
      readonly state?: string;
      readonly detail?: string;
      readonly freeBytes?: number;
      readonly lastsMs?: number;
    };
  };
  readonly alerts: readonly AlertNote[];
  readonly alertsFailing?: readonly AlertNote[];
}

/** What is shown of an alert, where it is there. */
export type AlertNote = Readonly<Record<string, unknown>>;
