import { html, useEffect, useRef, useState } from '/vendor/htm-preact.js';
import {
  ApiError,
  evidenceUrl,
  exportFileUrl,
  exportState,
  startExport,
  timeline,
} from '../api.ts';
import type { ExportState, StartedExport } from '../api-types.ts';
import { pieceWords } from '../camera-words.ts';
import { bytesWords, lengthWords } from '../time/words.ts';
import { fromLocalInput, type Span, toLocalInput } from '../time/zone.ts';
import { usePolled } from './polled.ts';

export interface ExportDialogProps {
  readonly camera: string;
  readonly timeZone: string;
  /** What is proposed. */
  readonly span: Span;
  readonly onClose: () => void;
}

/** From–to as one file, after saying what it will lack. */
export function ExportDialog({ camera, timeZone, span, onClose }: ExportDialogProps) {
  const dialog = useRef<HTMLDialogElement | null>(null);
  const [from, setFrom] = useState(toLocalInput(span.fromMs, timeZone));
  const [to, setTo] = useState(toLocalInput(span.toMs, timeZone));
  const [started, setStarted] = useState<StartedExport | undefined>(undefined);
  const [made, setMade] = useState(span);
  const [change, setChange] = useState<{ span: Span; atMs: number } | undefined>(undefined);
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    dialog.current?.showModal();
    return undefined;
  }, []);
  const fromMs = fromLocalInput(from, timeZone);
  const toMs = fromLocalInput(to, timeZone);
  const chosen =
    fromMs !== undefined && toMs !== undefined && toMs > fromMs ? { fromMs, toMs } : undefined;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (chosen !== undefined) void make(chosen);
  };
  const make = async (what: Span): Promise<void> => {
    setTrouble('');
    setMade(what);
    try {
      setStarted(await startExport(camera, what));
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : 'The server cannot be reached.');
    }
  };
  const field = (label: string, value: string, set: (text: string) => void) =>
    html`<label>${label}
      <input type="datetime-local" step="1" required value=${value} disabled=${started !== undefined}
        onInput=${(event: InputEvent) => set((event.target as HTMLInputElement).value)} />
    </label>`;
  return html`<dialog ref=${dialog} class="export" aria-labelledby="export-title" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2 id="export-title">Export footage of ${camera}</h2>
      <div class="from-to">${field('From', from, setFrom)}${field('To', to, setTo)}</div>
      <p class="hint">Times of ${timeZone}.</p>
      ${chosen === undefined ? html`<p class="trouble" role="alert">The end must be after the beginning.</p>` : started === undefined && html`<${Lacks} ...${{ camera, timeZone, span: chosen }} />`}
      ${trouble !== '' && html`<p class="trouble" role="alert">${trouble}</p>`}
      ${change !== undefined && html`<${Changed} ...${{ ...change, timeZone, make }} />`}
      ${started !== undefined && html`<${Progress} key=${started.id} ...${{ started, onChanged: (atMs: number) => setChange({ span: made, atMs }) }} />`}
      <div class="actions">
        ${started === undefined && html`<button type="submit" class="main" disabled=${chosen === undefined}>Make the file</button>`}
        <button type="button" onClick=${() => dialog.current?.close()}>Close</button>
      </div>
    </form>
  </dialog>`;
}

interface LacksProps {
  readonly camera: string;
  readonly timeZone: string;
  readonly span: Span;
}

/** What is missing between from and to. */
function Lacks({ camera, timeZone, span }: LacksProps) {
  const { value, error } = usePolled(
    (signal) => timeline(camera, span, signal),
    [camera, span.fromMs, span.toMs],
  );
  if (error !== undefined) return html`<p class="trouble" role="alert">${error}</p>`;
  if (value === undefined) return html`<p class="lacks" role="status">Looking for gaps…</p>`;
  const gaps = value.pieces.filter(({ state }) => state === 'missing');
  if (value.storedMs + value.spooledMs === 0) {
    return html`<p class="lacks trouble" role="status">There is no footage between these times.</p>`;
  }
  if (gaps.length === 0) {
    return html`<p class="lacks" role="status">${lengthWords(value.storedMs + value.spooledMs)} of footage, without a gap.</p>`;
  }
  const many = gaps.length === 1 ? 'one gap' : `${gaps.length} gaps`;
  return html`<div class="lacks" role="status">
    <p>The file will have ${many}, ${lengthWords(value.missingMs)} in all:</p>
    <ul>${gaps.slice(0, 5).map((gap) => html`<li>${pieceWords(gap, timeZone)}</li>`)}</ul>
    ${gaps.length > 5 && html`<p>and ${gaps.length - 5} more</p>`}
  </div>`;
}

interface ProgressProps {
  readonly started: StartedExport;
  readonly onChanged: (atMs: number) => void;
}

function Progress({ started, onChanged }: ProgressProps) {
  const [isDone, setDone] = useState(false);
  const { value, error } = usePolled<ExportState>(
    async (signal) => {
      const state = await exportState(started.id, signal);
      if (isOver(state)) setDone(true);
      if (state.changedAtMs !== undefined) onChanged(state.changedAtMs);
      return state;
    },
    [started.id, isDone],
    isDone ? {} : { everyMs: 500 },
  );
  if (value?.changedAtMs !== undefined) return null;
  if (value?.error !== undefined || (value !== undefined && value.state === 'failed')) {
    return html`<p class="trouble" role="alert">${value.error ?? 'The file could not be made.'}</p>`;
  }
  if (value === undefined || !isOver(value)) {
    return html`<div class="progress" role="status">
      <label>Making ${started.fileName} <progress max="1" value=${value?.progress ?? 0}></progress></label>
      ${error !== undefined && html`<p class="trouble">${error}</p>`}
    </div>`;
  }
  return html`<div class="finished" role="status">
    <p><a class="button main" href=${exportFileUrl(started.id)} download=${started.fileName}>Download</a>
      ${' '}${started.fileName}${value.bytes === undefined ? '' : `, ${bytesWords(value.bytes)}`}</p>
    ${value.sha256 !== undefined && html`<p>SHA-256 <code>${value.sha256}</code></p>`}
    <p><a href=${evidenceUrl(started.id)} download>Evidence: the hashes of the segments</a></p>
  </div>`;
}

interface ChangedProps {
  readonly atMs: number;
  readonly span: Span;
  readonly timeZone: string;
  readonly make: (span: Span) => void;
}

/** One file has one format, so there are two files to be made. */
function Changed({ atMs, span: { fromMs, toMs }, timeZone, make }: ChangedProps) {
  const at = toLocalInput(atMs, timeZone).replace('T', ', ');
  return html`<div class="lacks" role="alert">
    <p>The format of the picture or the sound changed on ${at}. One file has one format: make two.</p>
    <div class="actions">
      <button type="button" onClick=${() => make({ fromMs, toMs: atMs })}>Make the file up to then</button>
      <button type="button" onClick=${() => make({ fromMs: atMs, toMs })}>Make the file from then on</button>
    </div>
  </div>`;
}

const isOver = ({ sha256, state }: ExportState): boolean =>
  sha256 !== undefined || state === 'done' || state === 'failed';
