import { html } from '/vendor/htm-preact.js';
import { overview } from '../api.ts';
import type { AlertNote, Overview, OverviewCamera } from '../api-types.ts';
import { usePolled } from '../parts/polled.ts';
import { bytesWords, lengthWords, percentWords, sinceWords } from '../time/words.ts';

/** The operator sees many accounts' cameras; the times are those of where the operator sits. */
const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface OverviewViewProps {
  readonly onLoggedOut: () => void;
}

export function OverviewView({ onLoggedOut }: OverviewViewProps) {
  const { value, error } = usePolled(overview, [], { everyMs: 5_000, onLoggedOut });
  if (value === undefined) return html`<p class="note" role="status">${error ?? 'Looking…'}</p>`;
  const silent = value.cameras.filter((camera) => !camera.isRecording).length;
  return html`<section class="overview" aria-labelledby="overview-title">
    <h1 id="overview-title" class=${silent === 0 ? 'well' : 'ill'}>
      ${value.cameras.length - silent} of ${value.cameras.length} cameras are recording.
    </h1>
    ${error !== undefined && html`<p class="trouble" role="alert">${error} What you see may be old.</p>`}
    <div class="panels">${uploads(value)}${spool(value)}${alerts(value)}</div>
    <div class="wide" role="region" aria-label="Cameras" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Camera</th>
            <th scope="col">State</th>
            <th scope="col">Last footage</th>
            <th scope="col">Last 24 h</th>
            <th scope="col">Missing</th>
          </tr>
        </thead>
        <tbody>${value.cameras.map((camera) => row(camera, value.nowMs))}</tbody>
      </table>
    </div>
    <p class="hint">Times of ${timeZone}. Version ${value.version}.</p>
  </section>`;
}

function row(camera: OverviewCamera, nowMs: number) {
  const {
    account,
    name,
    isNew,
    isRecording,
    doing,
    state,
    detail,
    sinceMs,
    lastFootageAtMs,
    last24h,
  } = camera;
  const there = last24h.storedMs + last24h.spooledMs;
  const known = there + last24h.missingMs;
  const since = sinceMs === undefined ? '' : ` since ${sinceWords(sinceMs, nowMs, timeZone)}`;
  // A cause that says no more than the state is not told twice.
  const why = [state === doing || state === 'recording' ? '' : state, detail]
    .filter((one) => one !== '')
    .join(': ');
  return html`<tr key=${`${account}/${name}`} class=${isRecording ? '' : 'silent'}>
    <th scope="row">${account}/${name}</th>
    <td><span class="mark" aria-hidden="true"></span>${isNew ? 'new, ' : ''}${doing}${since}${!isRecording && why !== '' && html`<br /><small>${why}</small>`}</td>
    <td>${lastFootageAtMs === undefined ? 'none' : sinceWords(lastFootageAtMs, nowMs, timeZone)}</td>
    <td class=${known > there ? 'holes' : ''}><span class="share" aria-hidden="true"><span style=${{ width: `${known === 0 ? 0 : (100 * there) / known}%` }}></span></span> ${percentWords(there, known)}</td>
    <td>${last24h.missingMs === 0 ? 'nothing' : lengthWords(last24h.missingMs)}</td>
  </tr>`;
}

function uploads({ uploads: { uploading, waiting, stored, failing }, nowMs }: Overview) {
  return html`<section class="panel" aria-labelledby="uploads-title">
    <h2 id="uploads-title">Uploads</h2>
    ${failing !== undefined && html`<p class="trouble">Nothing can be uploaded since ${sinceWords(failing.sinceMs, nowMs, timeZone)}: ${failing.cause}</p>`}
    <dl>
      <dt>under way</dt><dd>${uploading}</dd>
      <dt>waiting</dt><dd>${waiting}</dd>
      <dt>stored since the start</dt><dd>${stored}</dd>
    </dl>
  </section>`;
}

function spool({ spool: { files, bytes, oldestMs, disk }, nowMs }: Overview) {
  const isIll = disk?.state !== undefined && disk.state !== 'ok';
  return html`<section class="panel" aria-labelledby="spool-title">
    <h2 id="spool-title">Spool</h2>
    ${isIll && html`<p class="trouble">The disk is ${disk.state}. ${disk.detail ?? ''}</p>`}
    <dl>
      <dt>segments</dt><dd>${files}, ${bytesWords(bytes)}</dd>
      ${oldestMs !== undefined && html`<dt>oldest</dt><dd>${sinceWords(oldestMs, nowMs, timeZone)}</dd>`}
      ${disk?.freeBytes !== undefined && html`<dt>free on the disk</dt><dd>${bytesWords(disk.freeBytes)}</dd>`}
      ${disk?.lastsMs !== undefined && html`<dt>full in</dt><dd>${lengthWords(disk.lastsMs)}</dd>`}
    </dl>
  </section>`;
}

function alerts({ alerts: told, alertsFailing = [], nowMs }: Overview) {
  return html`<section class="panel" aria-labelledby="alerts-title">
    <h2 id="alerts-title">Alerts</h2>
    ${alertsFailing.map((one) => html`<p class="trouble">Alerts cannot be sent: ${noteWords(one, nowMs)}</p>`)}
    ${
      told.length === 0
        ? html`<p>None.</p>`
        : html`<ul>${told.slice(0, 8).map((one) => html`<li>${noteWords(one, nowMs)}</li>`)}</ul>`
    }
    ${told.length > 8 && html`<p>and ${told.length - 8} more</p>`}
  </section>`;
}

/** Alerts differ by kind; what they are made of is told in their own words and order. */
const noteWords = (note: AlertNote, nowMs: number): string =>
  Object.entries(note)
    .filter(([, value]) => ['string', 'number'].includes(typeof value) && value !== '')
    .map(([name, value]) =>
      name.endsWith('Ms') && Number(value) > 1e12
        ? sinceWords(Number(value), nowMs, timeZone)
        : String(value),
    )
    .join(' · ');
