import { formatCameraName } from '../model/camera-name.ts';
import { type Freshness, freshen, type Now, setBackMs } from './freshness.ts';
import {
  type CameraInput,
  camerasEvent,
  type EventCamera,
  type Incident,
  type JudgedEvent,
  type Memory,
} from './incident.ts';
import { nextLevel, type Patience, patienceAt } from './patience.ts';

export interface JudgeRules {
  /** Cameras of an account that become due within this time share one message. */
  readonly groupMs: number;
  /** Cameras of the account with the same cause join if they would become due this soon after. */
  readonly joinMs: number;
  /** How long recovered cameras wait for others of the account to become steady too. */
  readonly againGroupMs: number;
  /** How long cameras may take to come back after the daemon's start. */
  readonly graceMs: number;
  /** A camera records if its newest footage is younger than this. */
  readonly freshMs: number;
  /** After this long with footage, contacts are told that a camera records again. */
  readonly steadyAfterMs: number;
}

export const defaultRules: JudgeRules = {
  groupMs: 4_000,
  joinMs: 10_000,
  againGroupMs: 30_000,
  graceMs: 120_000,
  freshMs: 10_000,
  steadyAfterMs: 120_000,
};

/** What the judge has seen of a camera since the daemon started. */
interface Sight {
  readonly freshness: Freshness;
  /** Since when the camera should record. */
  readonly expectedAt: number;
  /** Since when there is footage again. */
  readonly againAt?: number;
}

interface CameraGroup {
  readonly stoppedAt?: number;
  readonly againAt?: number;
}

/** What the judge knows. Only `memories` must be kept over restarts. */
export interface JudgeState {
  /** The time of the first step; absent before it. */
  readonly startedAt?: number;
  readonly before: Now;
  readonly memories: ReadonlyMap<number, Memory>;
  readonly sights: ReadonlyMap<number, Sight>;
  readonly groups: ReadonlyMap<string, CameraGroup>;
}

export interface Judgement {
  readonly state: JudgeState;
  readonly events: readonly JudgedEvent[];
}

export const beginJudging = (memories: ReadonlyMap<number, Memory>, now: Now): JudgeState => ({
  before: now,
  memories,
  sights: new Map(),
  groups: new Map(),
});

/** A camera during a step. */
interface Case {
  readonly input: CameraInput;
  readonly sight: Sight;
  readonly incident: Incident | undefined;
  readonly ageMs: number;
  readonly silent: boolean;
  /** Whether missing footage is the camera's fault: it has had time since the daemon started. */
  readonly ripe: boolean;
  readonly level: number;
  readonly patience: Patience;
}

/**
 * One step of judging, about every second: which cameras stopped, which record again, and which
 * events to send. Pure: the same state, time and inputs give the same judgement.
 */
export function judge(
  state: JudgeState,
  now: Now,
  inputs: readonly CameraInput[],
  rules: JudgeRules = defaultRules,
): Judgement {
  const startedAt = state.startedAt ?? now.at;
  const wasSetBack = setBackMs(state.before, now) > 0;
  const memories = new Map<number, Memory>();
  const sights = new Map<number, Sight>();
  const byAccount = new Map<string, Case[]>();

  for (const input of inputs) {
    if (!input.shouldRecord || input.afterMs === 0 || input.lastFootageAtMs === undefined) continue;
    const seen = state.sights.get(input.id);
    const freshness = freshen(seen?.freshness, input.lastFootageAtMs, now, wasSetBack);
    const expectedAt = seen?.expectedAt ?? now.at;
    const memory = lasting(state.memories.get(input.id), now, rules);
    const found = look(
      { freshness, expectedAt, ...again(seen) },
      memory,
      input,
      now,
      startedAt,
      rules,
    );
    sights.set(input.id, found.sight);
    if (found.incident !== undefined) memories.set(input.id, { incident: found.incident });
    else if (memory !== undefined && !('incident' in memory)) memories.set(input.id, memory);
    const cases = byAccount.get(input.account);
    if (cases === undefined) byAccount.set(input.account, [found]);
    else cases.push(found);
  }

  const events: JudgedEvent[] = [];
  const groups = new Map<string, CameraGroup>();
  for (const [account, cases] of byAccount) {
    const before = state.groups.get(account) ?? {};
    const stopped = tellStopped(account, cases, before.stoppedAt, now, rules, memories);
    const recovered = tellAgain(account, cases, before.againAt, now, rules, memories);
    events.push(...stopped.events, ...recovered.events);
    const group = {
      stoppedAt: stopped.since,
      againAt: recovered.since,
    };
    if (Object.keys(group).length > 0) groups.set(account, group);
  }
  return { state: { startedAt, before: now, memories, sights, groups }, events };
}

const again = (sight: Sight | undefined): { againAt?: number } =>
  sight?.againAt === undefined ? {} : { againAt: sight.againAt };

/** The memory, unless its incident ended so long ago that it no longer matters. */
function lasting(memory: Memory | undefined, now: Now, rules: JudgeRules): Memory | undefined {
  if (memory === undefined || 'incident' in memory) return memory;
  const { restlessForMs } = patienceAt(memory.level, 0, rules.steadyAfterMs);
  return now.wallMs - memory.endedMs < restlessForMs ? memory : undefined;
}

/** Judges one camera: begins, continues or ends its incident. */
function look(
  sight: Sight,
  memory: Memory | undefined,
  input: CameraInput,
  now: Now,
  startedAt: number,
  rules: JudgeRules,
): Case {
  const { freshness, expectedAt } = sight;
  const ageMs = now.at - freshness.newestAt;
  const silent = (input.silentUntilMs ?? 0) > now.wallMs;
  const graceMs = Math.max(input.afterMs, rules.graceMs);
  const ripe =
    freshness.heard ||
    // A camera that was expected at the daemon's start gets the time of grace; one that was enabled
    // later gets its usual time.
    now.at - expectedAt >= (expectedAt === startedAt ? graceMs : input.afterMs);
  const before = memory !== undefined && 'incident' in memory ? memory.incident : undefined;
  const level =
    before?.level ?? (memory === undefined || 'incident' in memory ? 0 : nextLevel(memory.level));
  const patience = patienceAt(level, input.afterMs, rules.steadyAfterMs);
  const common = { input, ageMs, silent, ripe, level, patience };
  const overdue = ageMs >= input.afterMs && ripe;

  if (before === undefined) {
    if (!overdue || silent) {
      const { againAt: _, ...calm } = sight;
      return { ...common, sight: calm, incident: undefined };
    }
    return { ...common, sight, incident: open(input, freshness, level) };
  }
  if (before.stoppedMs !== undefined) {
    if (ageMs >= rules.freshMs) return { ...common, sight, incident: withCause(before, input) };
    // The camera is back before anybody was told: that was a pause, not a stop.
    if (!before.told && level === 0) return { ...common, sight, incident: undefined };
    const againMs = Math.max(before.stoppedMs, now.wallMs - ageMs);
    const { stoppedMs, ...rest } = before;
    const missedMs = before.missedMs + againMs - stoppedMs;
    return {
      ...common,
      sight: { ...sight, againAt: now.at },
      incident: { ...rest, missedMs, againMs },
    };
  }
  if (!overdue) {
    return { ...common, sight: { ...sight, againAt: sight.againAt ?? now.at }, incident: before };
  }
  const { againMs: _, ...rest } = before;
  const { againAt: __, ...stopped } = sight;
  return {
    ...common,
    sight: stopped,
    incident: withCause({ ...rest, stops: before.stops + 1, stoppedMs: freshness.newestMs }, input),
  };
}

const open = (input: CameraInput, { newestMs }: Freshness, level: number): Incident => ({
  sinceMs: newestMs,
  ...causeOf(input),
  told: false,
  stops: 1,
  missedMs: 0,
  stoppedMs: newestMs,
  level,
});

/** Updates the cause until the contacts are told, so that they get the latest one. */
const withCause = (incident: Incident, input: CameraInput): Incident =>
  incident.told ? incident : { ...incident, ...causeOf(input) };

const causeOf = ({ state, detail }: CameraInput): Pick<Incident, 'cause' | 'detail'> => ({
  // A camera without footage doesn't record, even if its state says so.
  cause: state === 'recording' ? 'unexplained' : state,
  detail,
});

interface Told {
  readonly events: readonly JudgedEvent[];
  /** Since when a group of cameras is being gathered. */
  readonly since?: number;
}

function tellStopped(
  account: string,
  cases: readonly Case[],
  since: number | undefined,
  now: Now,
  rules: JudgeRules,
  memories: Map<number, Memory>,
): Told {
  const due = cases.filter(
    ({ incident, ageMs, silent, patience, ripe }) =>
      incident?.stoppedMs !== undefined &&
      !incident.told &&
      !silent &&
      ripe &&
      ageMs >= patience.stoppedAfterMs,
  );
  if (due.length === 0) return { events: [] };
  const begun = since ?? now.at;
  if (now.at - begun < rules.groupMs) return { events: [], since: begun };
  const causes = new Set(due.map(({ incident }) => incident?.cause));
  const joining = cases.filter(
    (one) =>
      one.incident === undefined &&
      !one.silent &&
      one.ripe &&
      one.level === 0 &&
      one.ageMs >= Math.max(rules.freshMs, one.input.afterMs - rules.joinMs) &&
      one.input.state !== 'recording' &&
      causes.has(one.input.state),
  );
  const told = [...due, ...joining].map(({ input, incident, sight, level }) => {
    const known = { ...(incident ?? open(input, sight.freshness, level)), told: true };
    memories.set(input.id, { incident: known });
    return {
      name: input.camera,
      sinceMs: known.stoppedMs ?? known.sinceMs,
      cause: known.cause,
      detail: known.detail,
    };
  });
  return { events: [camerasEvent('not-recording', account, told, now)] };
}

function tellAgain(
  account: string,
  cases: readonly Case[],
  since: number | undefined,
  now: Now,
  rules: JudgeRules,
  memories: Map<number, Memory>,
): Told {
  const back = cases.flatMap((one) => {
    const { incident, sight, patience } = one;
    if (incident?.againMs === undefined || sight.againAt === undefined) return [];
    const steadyMs = sight.freshness.newestAt - sight.againAt;
    return [{ ...one, incident, leftMs: patience.steadyAfterMs - steadyMs }];
  });
  const steady = back.filter(({ leftMs }) => leftMs <= 0);
  if (steady.length === 0) return { events: [] };
  const begun = since ?? now.at;
  const waitMs = begun + rules.againGroupMs - now.at;
  const others = back.some(({ leftMs, incident }) => {
    return incident.told && leftMs > 0 && leftMs <= waitMs;
  });
  if (others) return { events: [], since: begun };
  const told: EventCamera[] = [];
  for (const { input, incident, silent } of steady) {
    memories.set(input.id, { endedMs: now.wallMs, level: incident.level });
    // Contacts that were told of the stop learn of its end even if the camera is silenced by now.
    if (silent && !incident.told) continue;
    const { sinceMs, cause, detail, missedMs, againMs, stops } = incident;
    told.push({
      name: input.camera,
      sinceMs,
      cause,
      detail,
      missedMs,
      againMs,
      ...(stops > 1 ? { stops } : {}),
    });
  }
  return { events: told.length === 0 ? [] : [camerasEvent('recording-again', account, told, now)] };
}

/** Names the cameras of an event, for a log. */
export const camerasOf = ({ account = '', cameras }: JudgedEvent): string =>
  cameras.map(({ name }) => formatCameraName({ account, camera: name })).join(', ');
