import type { StatusAnswer } from '../contract/status.ts';
import type { Findings } from './finding.ts';

/** The daemon's status, or why it does not answer. */
export type DaemonView =
  | { readonly status: StatusAnswer }
  | { readonly status?: undefined; readonly silence: string };

const startAdvice =
  'See why with: journalctl -u sapiengraph-cctv; start it with: systemctl start sapiengraph-cctv';

export function checkDaemon(
  { daemon, version }: { readonly daemon: DaemonView; readonly version: string },
  found: Findings,
): void {
  if (daemon.status === undefined) {
    found.problem(`The daemon does not answer: ${daemon.silence}`, startAdvice);
    return;
  }
  const { status } = daemon;
  const { health, readiness } = status;
  found.ok(`The daemon answers: version ${status.version}, process ${status.pid}`);
  if (status.version !== version) {
    found.warning(
      `The daemon that runs is of version ${status.version}, and this program of ${version}`,
      'Restart the daemon: systemctl restart sapiengraph-cctv',
    );
  }
  const { refusedConfiguration: refused } = status;
  if (refused !== undefined) {
    found.problem(
      `It runs with the configuration that was good last (${refused.copy}), as it refused ${refused.file}: ${refused.problems.join('; ')}`,
      `Mend ${refused.file}; when cctvd check finds nothing: systemctl restart sapiengraph-cctv`,
    );
  }
  for (const problem of health.problems) {
    found.problem(`It is not well: ${problem}`, 'Restart it, and send a support bundle');
  }
  for (const problem of readiness.problems.filter((one) => !health.problems.includes(one))) {
    found.problem(`It is not ready: ${problem}`, 'See the findings about the bucket and the disk');
  }
  const { failing, refused: notTaken, gone } = status.uploads;
  if (failing === undefined) {
    found.ok(`Uploads go on: ${status.uploads.stored} segments stored since its start`);
  } else {
    found.problem(`Nothing can be uploaded: ${failing.cause}`, 'See the findings about the bucket');
  }
  if (notTaken !== undefined) {
    const { segments, camera, cause } = notTaken;
    found.problem(
      `The store does not take ${segments} of the segments, the first of ${camera}: ${cause}`,
      'Look at the limits of the store and of proxies before it; the segments wait in the spool',
    );
  }
  if (gone !== undefined) {
    found.problem(
      `${gone.segments} stored segments are gone from the bucket, as of ${gone.camera}: ${gone.detail}`,
      'See what deletes objects there (rules, other programs, other keys); see also: cctv verify',
    );
  }
  const { known, connected, recording } = status.cameras;
  const cameras = `${connected} of ${known} cameras are connected, ${recording} recording`;
  if (recording === known) found.ok(cameras);
  else found.warning(cameras, 'See which and why: cctv camera list; cctv camera status');
}
