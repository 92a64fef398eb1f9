import type { ComponentChildren } from 'preact';
import type { OverviewAnswer } from '../../contract/web.ts';
import { formatBytes } from '../../lib/words.ts';
import { overview } from '../api.ts';
import { Mark, Share } from '../parts/camera-state.tsx';
import { Looking, Stale } from '../parts/notes.tsx';
import { usePolled } from '../parts/polled.ts';
import { lengthWords, percentWords, sinceWords } from '../time/words.ts';
import '../styles/overview.css';

/** The operator's own time zone, since accounts have different ones. */
const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const columns = ['Camera', 'State', 'Last footage', 'Last 24 h', 'Missing'];

export function OverviewView({ onLoggedOut }: { readonly onLoggedOut: () => void }) {
  const { value, error } = usePolled(overview, [], { everyMs: 5_000, onLoggedOut });
  if (value === undefined) return <Looking error={error} />;
  const { cameras, nowMs } = value;
  const recording = cameras.filter((camera) => camera.isRecording).length;
  return (
    <section class="overview" aria-labelledby="overview-title">
      <h1 id="overview-title" class={recording === cameras.length ? 'well' : 'ill'}>
        {recording} of {cameras.length} cameras are recording.
      </h1>
      <Stale error={error} />
      {value.serverTroubles.map((trouble) => (
        <p key={trouble} class="trouble" role="status">
          {trouble}
        </p>
      ))}
      <div class="panels">
        <Uploads {...value} />
        <Spool {...value} />
        <Alerts {...value} />
      </div>
      <div class="wide" role="region" aria-label="Cameras" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cameras.map((camera) => (
              <Row key={`${camera.account}/${camera.name}`} camera={camera} nowMs={nowMs} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">
        Times of {timeZone}. Version {value.version}.
      </p>
    </section>
  );
}

interface RowProps {
  readonly camera: OverviewAnswer['cameras'][number];
  readonly nowMs: number;
}

function Row({ camera, nowMs }: RowProps) {
  const { isRecording, doing, state, detail, lastFootageAtMs, last24h } = camera;
  const recordedMs = last24h.storedMs + last24h.spooledMs;
  const knownMs = recordedMs + last24h.missingMs;
  const since = sinceWords(camera.sinceMs, nowMs, timeZone);
  // Omit a cause that only repeats the state.
  const why = [state === doing || state === 'recording' ? '' : state, detail]
    .filter((one) => one !== '')
    .join(': ');
  return (
    <tr class={isRecording ? '' : 'silent'}>
      <th scope="row">
        {camera.account}/{camera.name}
      </th>
      <td>
        <Mark />
        {`${camera.isNew ? 'new, ' : ''}${doing} since ${since}`}
        {!isRecording && why !== '' && (
          <>
            <br />
            <small>{why}</small>
          </>
        )}
      </td>
      <td>
        {lastFootageAtMs === undefined ? 'none' : sinceWords(lastFootageAtMs, nowMs, timeZone)}
      </td>
      <td class={knownMs > recordedMs ? 'holes' : ''}>
        <Share of={knownMs === 0 ? 0 : recordedMs / knownMs} /> {percentWords(recordedMs, knownMs)}
      </td>
      <td>{last24h.missingMs === 0 ? 'nothing' : lengthWords(last24h.missingMs)}</td>
    </tr>
  );
}

interface PanelProps {
  readonly title: string;
  /** Current problems. */
  readonly troubles: readonly string[];
  readonly children: ComponentChildren;
}

function Panel({ title, troubles, children }: PanelProps) {
  const id = `${title.toLowerCase()}-title`;
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {troubles.map((trouble) => (
        <p key={trouble} class="trouble">
          {trouble}
        </p>
      ))}
      {children}
    </section>
  );
}

/** Terms with their values; leaves out terms without a value. */
const List = ({ of }: { readonly of: Readonly<Record<string, string | number | undefined>> }) => (
  <dl>
    {Object.entries(of).map(
      ([term, value]) =>
        value !== undefined && (
          <>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </>
        ),
    )}
  </dl>
);

function Uploads({ uploads, nowMs }: OverviewAnswer) {
  const { uploading, waiting, stored, failing, refused, gone } = uploads;
  const since = (ms: number) => sinceWords(ms, nowMs, timeZone);
  const troubles: string[] = [];
  if (failing) {
    troubles.push(`Nothing can be uploaded since ${since(failing.sinceMs)}: ${failing.cause}`);
  }
  if (refused) {
    const { segments, camera, sinceMs, cause } = refused;
    const which = segments === 1 ? `a segment of ${camera}` : `${segments} segments`;
    troubles.push(
      `The store does not take ${which} since ${since(sinceMs)}; the others are stored: ${cause}`,
    );
  }
  if (gone) {
    const { segments, camera, noticedMs, detail } = gone;
    troubles.push(
      `${segments} stored segments are gone from the bucket, as of ${camera}; seen ${since(noticedMs)}: ${detail}`,
    );
  }
  return (
    <Panel title="Uploads" troubles={troubles}>
      <List of={{ 'under way': uploading, waiting, 'stored since the start': stored }} />
    </Panel>
  );
}

function Spool({ spool: { files, bytes, oldestMs, disk }, nowMs }: OverviewAnswer) {
  const troubles = disk.state === 'ok' ? [] : [`The disk is ${disk.state}. ${disk.detail ?? ''}`];
  const list = {
    segments: `${files}, ${formatBytes(bytes)}`,
    oldest: oldestMs && sinceWords(oldestMs, nowMs, timeZone),
    'free on the disk': formatBytes(disk.freeBytes),
    'full in': disk.lastsMs && lengthWords(disk.lastsMs),
  };
  return (
    <Panel title="Spool" troubles={troubles}>
      <List of={list} />
    </Panel>
  );
}

const mostAlerts = 8;

function Alerts({ alerts, alertsFailing, nowMs }: OverviewAnswer) {
  const words = alerts.map((one) => noteWords(one, nowMs));
  const troubles = alertsFailing.map((one) => `Alerts cannot be sent: ${noteWords(one, nowMs)}`);
  return (
    <Panel title="Alerts" troubles={troubles}>
      {words.length === 0 && <p>None.</p>}
      <ul>
        {words.slice(0, mostAlerts).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      {words.length > mostAlerts && <p>and {words.length - mostAlerts} more</p>}
    </Panel>
  );
}

/** The kinds of alerts have different fields; shows each field in order. */
const noteWords = (note: Readonly<Record<string, unknown>>, nowMs: number): string =>
  Object.entries(note)
    .filter(([, value]) => ['string', 'number'].includes(typeof value) && value !== '')
    .map(([name, value]) =>
      name.endsWith('Ms') && Number(value) > 1e12
        ? sinceWords(Number(value), nowMs, timeZone)
        : String(value),
    )
    .join(' · ');
