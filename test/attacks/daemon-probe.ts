import { appendFileSync } from 'node:fs';

// Loaded into the daemon before its own code. It notes how long the loop kept others waiting, and for how
// much of that this thread had a CPU: on a busy machine the rest is not the daemon's doing.

const tickMs = 5;
const noteEveryMs = 250;
const file = process.env['CCTV_ATTACKS_PROBE'];

if (file !== undefined) {
  let [tickedAt, cpu, notedAt] = [performance.now(), cpuMs(), performance.now()];
  let [lateMs, turnMs] = [0, 0];
  setInterval(() => {
    const [now, usedMs] = [performance.now(), cpuMs()];
    lateMs = Math.max(lateMs, now - tickedAt - tickMs);
    turnMs = Math.max(turnMs, usedMs - cpu);
    [tickedAt, cpu] = [now, usedMs];
    if (now - notedAt < noteEveryMs) return;
    appendFileSync(file, `${Date.now()} ${lateMs.toFixed(1)} ${turnMs.toFixed(1)}\n`);
    [notedAt, lateMs, turnMs] = [now, 0, 0];
  }, tickMs).unref();
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
