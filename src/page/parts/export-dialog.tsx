import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExportStatus, StartedExport } from '../../contract/footage.ts';
import { formatBytes } from '../../lib/words.ts';
import { errorWords, evidenceUrl, exportFileUrl, exportState, startExport } from '../api.ts';
import { exactTime } from '../time/words.ts';
import { dayOf, momentsOfInput, nearest, type Span, toLocalInput } from '../time/zone.ts';
import { MomentChoice } from './moment-choice.tsx';
import { ExportGaps } from './export-gaps.tsx';
import { Trouble } from './notes.tsx';
import { usePolled } from './polled.ts';

interface ExportDialogProps {
  readonly camera: string;
  readonly timeZone: string;
  /** The proposed span. */
  readonly span: Span;
  readonly onClose: () => void;
}

/** Exports the footage between two times to a file. Shows beforehand which footage is missing. */
export function ExportDialog({ camera, timeZone, span, onClose }: ExportDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [fromMs, setFrom] = useState<number | undefined>(span.fromMs);
  const [toMs, setTo] = useState<number | undefined>(span.toMs);
  const [started, setStarted] = useState<StartedExport>();
  const [made, setMade] = useState(span);
  const [change, setChange] = useState<{ readonly span: Span; readonly atMs: number }>();
  const [trouble, setTrouble] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const chosen =
    fromMs !== undefined && toMs !== undefined && toMs > fromMs ? { fromMs, toMs } : undefined;
  const make = async (what: Span): Promise<void> => {
    setTrouble('');
    setMade(what);
    try {
      setStarted(await startExport(camera, what));
    } catch (error) {
      setTrouble(errorWords(error));
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (chosen !== undefined) void make(chosen);
  };
  const field = (label: string, startAtMs: number, set: (atMs: number | undefined) => void) => (
    <MomentField
      label={label}
      startAtMs={startAtMs}
      timeZone={timeZone}
      isDisabled={started !== undefined}
      onMoment={set}
    />
  );
  return (
    <dialog ref={dialog} class="export" aria-labelledby="export-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="export-title">Export footage of {camera}</h2>
        <div class="from-to">
          {field('From', span.fromMs, setFrom)}
          {field('To', span.toMs, setTo)}
        </div>
        <p class="hint">Times of {timeZone}.</p>
        {chosen === undefined && <Trouble>The end must be after the beginning.</Trouble>}
        {chosen !== undefined && started === undefined && (
          <ExportGaps camera={camera} timeZone={timeZone} span={chosen} />
        )}
        <Trouble>{trouble}</Trouble>
        {change !== undefined && (
          <Changed {...change} timeZone={timeZone} make={(what) => void make(what)} />
        )}
        {started !== undefined && (
          <Progress
            key={started.id}
            started={started}
            onChanged={(atMs) => setChange({ span: made, atMs })}
          />
        )}
        <div class="actions">
          {started === undefined && (
            <button type="submit" class="main" disabled={chosen === undefined}>
              Make the file
            </button>
          )}
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface MomentFieldProps {
  readonly label: string;
  readonly startAtMs: number;
  readonly timeZone: string;
  readonly isDisabled: boolean;
  /** undefined: what is typed is no time. */
  readonly onMoment: (atMs: number | undefined) => void;
}

/** A field for a date and time. What counts is the moment, not the text: clocks may repeat a time. */
function MomentField({ label, startAtMs, timeZone, isDisabled, onMoment }: MomentFieldProps) {
  const [text, setText] = useState(toLocalInput(startAtMs, timeZone));
  const [atMs, setAt] = useState<number | undefined>(startAtMs);
  const set = (moment: number | undefined): void => {
    setAt(moment);
    onMoment(moment);
  };
  const type = (typed: string): void => {
    setText(typed);
    set(nearest(momentsOfInput(typed, timeZone), atMs ?? startAtMs));
  };
  return (
    <div>
      <label>
        {label}
        <input
          type="datetime-local"
          step="1"
          required
          value={text}
          disabled={isDisabled}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
      </label>
      <MomentChoice
        of={label}
        moments={momentsOfInput(text, timeZone)}
        atMs={atMs}
        timeZone={timeZone}
        isDisabled={isDisabled}
        onChoose={set}
      />
    </div>
  );
}

interface ProgressProps {
  readonly started: StartedExport;
  readonly onChanged: (atMs: number) => void;
}

const isOver = ({ state }: ExportStatus): boolean => state === 'done' || state === 'failed';

function Progress({ started: { id, fileName }, onChanged }: ProgressProps) {
  const [isDone, setDone] = useState(false);
  const { value, error } = usePolled(
    async (signal) => {
      const state = await exportState(id, signal);
      if (isOver(state)) setDone(true);
      if (state.changedAtMs !== undefined) onChanged(state.changedAtMs);
      return state;
    },
    [id, isDone],
    isDone ? {} : { everyMs: 500 },
  );
  if (value?.changedAtMs !== undefined) return null;
  if (value?.state === 'failed') {
    return <Trouble>{value.error ?? 'The file could not be made.'}</Trouble>;
  }
  if (value?.state !== 'done') {
    return (
      <div class="progress" role="status">
        <label>
          Making {fileName} <progress max="1" value={value?.progress ?? 0} />
        </label>
        {error !== undefined && <p class="trouble">{error}</p>}
      </div>
    );
  }
  return (
    <div class="finished" role="status">
      <p>
        <a class="button main" href={exportFileUrl(id)} download={fileName}>
          Download
        </a>{' '}
        {fileName}
        {value.bytes !== undefined && `, ${formatBytes(value.bytes)}`}
      </p>
      {value.sha256 !== undefined && (
        <p>
          SHA-256 <code>{value.sha256}</code>
        </p>
      )}
      <p>
        <a href={evidenceUrl(id)} download>
          Evidence: the hashes of the segments
        </a>
      </p>
    </div>
  );
}

interface ChangedProps {
  readonly atMs: number;
  readonly span: Span;
  readonly timeZone: string;
  readonly make: (span: Span) => void;
}

/** A file can have only one format: if the format changed within the span, offers two files. */
function Changed({ atMs, span: { fromMs, toMs }, timeZone, make }: ChangedProps) {
  const at = `${dayOf(atMs, timeZone)}, ${exactTime(atMs, timeZone, true)}`;
  return (
    <div class="lacks" role="alert">
      <p>
        The format of the picture or the sound changed on {at}. One file has one format: make two.
      </p>
      <div class="actions">
        <button type="button" onClick={() => make({ fromMs, toMs: atMs })}>
          Make the file up to then
        </button>
        <button type="button" onClick={() => make({ fromMs: atMs, toMs })}>
          Make the file from then on
        </button>
      </div>
    </div>
  );
}
