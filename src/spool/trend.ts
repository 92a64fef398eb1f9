const samplesKept = 60;

/** How fast the disk has been filling lately. */
export class Trend {
  readonly #everyMs: number;
  readonly #samples: { readonly at: number; readonly room: number }[] = [];

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  note(at: number, room: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && at - last.at < this.#everyMs) return;
    this.#samples.push({ at, room });
    if (this.#samples.length > samplesKept) this.#samples.shift();
  }

  /** Time until the room is used up; undefined if room isn't shrinking, or not yet known to. */
  get lastsMs(): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.room >= first.room) return undefined;
    const perMs = (first.room - last.room) / (last.at - first.at);
    return Math.max(0, Math.round(last.room / perMs));
  }
}

/** `3 h 5 min` */
export function roughly(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes >= 72 * 60) return `${Math.floor(minutes / 1_440)} days`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
