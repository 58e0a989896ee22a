import { counted } from "@streamforge/shared";
import { alarmView } from "../ledger/alarms.js";
import { checkSentence } from "../ledger/verify.js";
import type { FailedTriesView } from "../stream/heartbeat.js";
import { ALIVE_MS, type Seen } from "./alive.js";
import type { Rule, Situation, Warning } from "./situation.js";
import { deletedMessages, missingTopics, noSource, nothingLags, sourceLag, sourceTroubles } from "./source-warnings.js";
import { clock, critical, seconds, warning } from "./warning-words.js";

const OLD_SECONDS = 60;
const NEAR = 0.8;
/** Growth of a smaller backlog is the ordinary breathing of bulks. */
const GROWING_FROM_EVENTS = 1_000;
const GROWING_SHARE = 0.02;
const FAST_DEAD_PER_SECOND = 1;
/** A process that met an unexpected error says so for this long. */
const FAULTS_SHOWN_MS = 600_000;
/** A warning by a figure has not held for so long when it clears. */
const EASED_MS = 60_000;

const MANY_TIMES = 2;

/** Looks at one situation after the other. @returns what warns of all that is wrong now, each in words with what to do about it */
export function createWarnings(): (situation: Situation) => Warning[] {
  const rules: Rule[] = [
    alarms,
    missing,
    surplus,
    countDiffers,
    manyHours,
    storesAway,
    noWorker,
    circuitOpen,
    lasting(backlogLimit, nothingWaits),
    lasting(backlogGrowing, nothingWaits),
    lasting(oldEvent, nothingWaits),
    lasting(memory),
    noSource,
    sourceTroubles,
    missingTopics,
    deletedMessages,
    lasting(sourceLag, nothingLags),
    silent,
    faults,
    lasting(deadFast),
    failedTries,
    unsafe,
    partitions,
  ];
  return (situation) => rules.flatMap((rule) => rule(situation) ?? []);
}

/**
 * A figure that goes up and down around its bound would make its warning come and go, and the page jump with it each time: the
 * warning stays until it has not held for a minute, and says since when it does not. What is critical is a fact ("sending is
 * answered 503") and clears at once, and so does every warning
 * whose cause is plainly over.
 */
function lasting(rule: (situation: Situation) => Warning | undefined, isOver: (situation: Situation) => boolean = () => false): Rule {
  let last: { warning: Warning; atMs: number } | undefined;
  return (situation) => {
    const { nowMs } = situation;
    const warning = rule(situation);
    if (warning) last = warning.severity === "critical" ? undefined : { warning, atMs: nowMs };
    else if (last && (nowMs - last.atMs >= EASED_MS || isOver(situation))) last = undefined;
    return warning ?? (last && { ...last.warning, easedAt: new Date(last.atMs).toISOString() });
  };
}

const nothingWaits = ({ depth }: Situation): boolean => depth.redisOk && depth.backlogEvents === 0;

function alarms({ ledger }: Situation): Warning[] {
  return (ledger?.alarms ?? []).map((alarm) => {
    const { id, sentence, action, kind } = alarmView(alarm);
    const code = kind === "events-missing" ? "ledger-alarm" : "redis-lost-data";
    return critical(code, sentence, `${action} In a terminal: sf ledger acknowledge ${id} --note "…".`);
  });
}

function countDiffers({ ledger }: Situation): Warning | undefined {
  if (ledger?.check?.status !== "differs") return undefined;
  return critical(
    "ledger-count-differs",
    `The independent count does not agree with the ledger. ${checkSentence(ledger.check)}`,
    "The details of the count name tenants and days. More documents than the ledger: its rows were lost, or something else writes into events. Fewer: documents were removed.",
  );
}

/** The limit bounds hours of the past; four years of live traffic (35,000 hours) are nothing to warn of. */
function manyHours({ mostHours, limits }: Situation): Warning | undefined {
  if (!mostHours || mostHours.hours <= MANY_TIMES * limits.hoursPerTenant) return undefined;
  return warning(
    "many-event-hours",
    `Events of ${mostHours.tenantId} lie in ${counted(mostHours.hours, "hour")}; a look-up of an old event by eventId takes long there, and ends after 4 s.`,
    "Ask this tenant why its events are spread over time, and to name occurredAt when it looks one up. New hours of the past get places of their own (MAX_EVENT_HOURS_PER_TENANT).",
  );
}

function missing({ ledger }: Situation): Warning | undefined {
  if (!ledger?.missing || ledger.missingSinceMs === null) return undefined;
  return critical(
    "events-missing",
    `${counted(ledger.missing, "event")} accepted since ${clock(ledger.missingSinceMs)} ${ledger.missing === 1 ? "is" : "are"} neither stored nor a dead letter.`,
    "Look up the minutes in the ledger. Check whether Redis was restored from an older state or an entry was deleted by hand; ask producers to send those minutes again (duplicates do no harm).",
  );
}

function surplus({ ledger }: Situation): Warning | undefined {
  if (!ledger?.surplus) return undefined;
  return critical(
    "ledger-surplus",
    `${counted(ledger.surplus, "event")} more settled than accepted: Redis lost part of its ledger.`,
    "Check whether Redis was restored from an older state; until that is explained the ledger proves nothing for those minutes.",
  );
}

function storesAway({ depth, dependencies, nowMs }: Situation): Warning[] {
  const warnings: Warning[] = [];
  if (!depth.redisOk) {
    const since = depth.atMs === 0 ? "" : ` for ${seconds(nowMs - depth.atMs)}`;
    warnings.push(
      critical(
        "redis-away",
        `Redis has not answered${since}; sending is answered 503.`,
        "Check the Redis server and REDIS_URL. Figures on this page are the last known ones.",
      ),
    );
  }
  if (dependencies.mongodb.status === "down") {
    warnings.push(
      critical(
        "mongodb-away",
        "MongoDB does not answer; accepted events wait in Redis.",
        "Check the replica set and MONGODB_URI. Nothing is lost: workers go on by themselves.",
      ),
    );
  }
  if (dependencies.postgres.status === "down") {
    warnings.push(
      warning(
        "postgres-away",
        "Postgres does not answer; keys in use go on working for about a minute, signing in does not.",
        "Check the Postgres server and DATABASE_URL.",
      ),
    );
  }
  return warnings;
}

/** Events that were settled a moment ago prove a worker, on a machine so busy that no heartbeat comes through. */
function workerProven({ settledAtMs, nowMs }: Situation): boolean {
  return nowMs - settledAtMs <= ALIVE_MS;
}

function noWorker(situation: Situation): Warning | undefined {
  const { workers, depth } = situation;
  if (!depth.redisOk || workers.some(({ alive }) => alive) || workerProven(situation)) return undefined;
  return critical(
    "no-worker",
    `No worker is running; ${counted(depth.backlogEvents, "event")} wait in Redis.`,
    "Start a worker (npm start runs one), or look into its log for why it ended.",
  );
}

function circuitOpen({ workers }: Situation): Warning | undefined {
  const open = workers.filter(({ alive, circuit }) => alive && circuit === "open");
  if (open.length === 0) return undefined;
  return critical(
    "circuit-open",
    `${open.length === 1 ? `Worker ${open[0]?.name} has` : `${open.length} workers have`} stopped writing: MongoDB failed several times in a row.`,
    "Check MongoDB: primary, disk, write concern. Workers try again by themselves; nothing is lost.",
  );
}

function backlogLimit({ depth, limits }: Situation): Warning | undefined {
  const share = depth.backlogEvents / limits.maxBacklogEvents;
  if (share < NEAR) return undefined;
  const message = `${counted(depth.backlogEvents, "event")} wait, ${Math.floor(share * 100)} % of MAX_BACKLOG_EVENTS`;
  if (share >= 1)
    return critical("backlog-full", `${message}; sending is answered 503.`, "Start more workers, or find out why they are slow.");
  return warning("backlog-near-limit", `${message}.`, "Start more workers before sending is refused, or find out why they are slow.");
}

function backlogGrowing({ depth, rates, limits }: Situation): Warning | undefined {
  const { backlogEvents } = depth;
  if (backlogEvents < GROWING_FROM_EVENTS || rates.backlog < backlogEvents * GROWING_SHARE) return undefined;
  const leftSeconds = Math.max(0, limits.maxBacklogEvents - backlogEvents) / rates.backlog;
  return warning(
    "backlog-growing",
    `Over the last 10 s the backlog grew by ${counted(Math.round(rates.backlog), "event")} a second; at this pace it is full in ${seconds(leftSeconds * 1000)}.`,
    "Start more workers if this goes on.",
  );
}

function oldEvent({ depth }: Situation): Warning | undefined {
  const age = depth.oldestAgeSeconds;
  if (age === null || age <= OLD_SECONDS) return undefined;
  const retrying = depth.retrying > 0 ? ` ${counted(depth.retrying, "event")} wait for another attempt.` : "";
  return warning(
    "oldest-event",
    `The oldest event has waited for ${seconds(age * 1000)}.${retrying}`,
    "See whether workers run and MongoDB takes writes. What waits for another attempt is listed with its last error.",
  );
}

function memory({ depth, limits }: Situation): Warning | undefined {
  if (depth.memoryRatio < limits.memoryRatio * NEAR) return undefined;
  const message = `Redis uses ${Math.round(depth.memoryRatio * 100)} % of its maxmemory`;
  const action = "Raise maxmemory, or start more workers so that the stream drains.";
  if (depth.memoryRatio >= limits.memoryRatio) return critical("redis-memory-full", `${message}; sending is answered 503.`, action);
  return warning("redis-memory", `${message}; beyond ${Math.round(limits.memoryRatio * 100)} % sending is answered 503.`, action);
}

/**
 * One that ended properly has taken its heartbeat back; what is silent was killed or hangs. Many of one host that ended together are one
 * cause, and one warning.
 */
function silent(situation: Situation): Warning[] {
  const { workers, apis, sources, nowMs } = situation;
  const provenAlone = !workers.some(({ alive }) => alive) && workerProven(situation);
  return [
    ...(provenAlone ? [] : silentOf("worker", workers, nowMs)),
    ...silentOf("api", apis, nowMs),
    ...silentOf("source", sources, nowMs),
  ];
}

const SILENT = {
  worker: { one: "Worker", several: "workers", others: ". Other workers take over what was in hand" },
  api: { one: "API process", several: "API processes", others: "" },
  source: { one: "Kafka source", several: "Kafka sources", others: ". Other sources take over its partitions" },
};

function silentOf(kind: keyof typeof SILENT, beats: Seen<{ name: string; host: string; atMs: number }>[], nowMs: number): Warning[] {
  const ofHost = Map.groupBy(
    beats.filter(({ alive }) => !alive),
    ({ host }) => host,
  );
  return [...ofHost].map(([host, gone]) => {
    const longest = seconds(nowMs - Math.min(...gone.map(({ atMs }) => atMs)));
    const one = gone.length === 1;
    const who = SILENT[kind][one ? "one" : "several"];
    const message = one
      ? `${who} ${gone[0]?.name} has been silent for ${longest}.`
      : `${gone.length} ${who} of ${host} are silent, the first one for ${longest}.`;
    const died = one ? "It died or hangs" : "They died or hang";
    const again = one ? "start it again" : "start them again";
    return warning(`${kind}-silent`, message, `${died}${SILENT[kind].others}; ${again}.`);
  });
}

/** Errors that nobody planned for: shown while they are fresh, of all processes as one. */
function faults({ workers, apis, sources, nowMs }: Situation): Warning | undefined {
  const fresh = [...workers, ...apis, ...sources].filter(({ faults }) => faults && nowMs - faults.lastAtMs <= FAULTS_SHOWN_MS);
  const [newest] = fresh.sort((a, b) => (b.faults?.lastAtMs ?? 0) - (a.faults?.lastAtMs ?? 0));
  if (!newest?.faults) return undefined;
  const count = fresh.reduce((sum, { faults }) => sum + (faults?.count ?? 0), 0);
  return warning(
    "internal-errors",
    `${counted(count, "unexpected error")} in ${fresh.length === 1 ? "one process" : `${fresh.length} processes`}, the last one at ${clock(newest.faults.lastAtMs)} in ${newest.name} (${newest.faults.lastWhere}). This is a fault of StreamForge, and no outage.`,
    'Look for "unexpected error" in the log of that process: it has the stack. Events that such an error stopped wait for another attempt; none is lost or becomes a dead letter by it.',
  );
}

function deadFast({ rates }: Situation): Warning | undefined {
  if (rates.dead < FAST_DEAD_PER_SECOND) return undefined;
  return warning(
    "dead-letters-fast",
    `${rates.dead.toFixed(1)} events a second became dead letters over the last 10 s.`,
    "One producer with a new format is the usual cause; dead letters are grouped by cause.",
  );
}

/** Of one account, or one door, over all processes. Wrong keys are mostly a producer with an old one, so it takes more of them. */
const GUESSES_FROM = { password: 10, "admin-token": 10, "api-key": 300 } as const;

function failedTries({ apis, nowMs }: Situation): Warning[] {
  const byAccount = new Map<string, FailedTriesView>();
  for (const one of apis.flatMap(({ failedTries: tries = [] }) => tries)) {
    const before = byAccount.get(`${one.door} ${one.email}`);
    byAccount.set(`${one.door} ${one.email}`, {
      ...one,
      guesses: one.guesses + (before?.guesses ?? 0),
      refused: one.refused + (before?.refused ?? 0),
      addresses: Math.max(one.addresses, before?.addresses ?? 0),
      fromMs: Math.min(one.fromMs, before?.fromMs ?? nowMs),
    });
  }
  return [...byAccount.values()]
    .filter(({ door, guesses, refused }) => guesses + refused >= GUESSES_FROM[door])
    .map(({ door, email, guesses, refused, addresses, fromMs }) => {
      const target = door === "password" ? (email ?? "e-mails that nobody has") : door === "admin-token" ? "the admin token" : "API keys";
      const times = `${counted(guesses + refused, "failed sign-in")} for ${target} from ${addresses === 1 ? "one address" : `at least ${addresses} addresses`} in ${seconds(nowMs - fromMs)}`;
      return warning(
        "sign-in-failed",
        `${times}; ${refused === 0 ? "each was looked at" : `${refused} were refused unseen`}.`,
        "The audit log has the addresses (sign-in-failed). Guesses are limited, and a device that was signed in before still comes in. Block the addresses in front of the API if it continues.",
      );
    });
}

function unsafe({ limits }: Situation): Warning | undefined {
  if (limits.unsafe.length === 0) return undefined;
  return warning(
    "unsafe-settings",
    `Acknowledged events can be lost: ${limits.unsafe.join(" ")}`,
    "Change these settings and unset ALLOW_UNSAFE.",
  );
}

function partitions({ limits }: Situation): Warning | undefined {
  const { partitionsSet, partitions: agreed } = limits;
  if (partitionsSet === agreed) return undefined;
  return warning("partitions-differ", `PARTITIONS is ${partitionsSet}, Redis has ${agreed}, which counts.`, `Set PARTITIONS=${agreed}.`);
}
