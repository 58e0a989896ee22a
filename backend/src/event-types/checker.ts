import type { Config } from "../config.js";
import type { CompiledSchema, compileSchema } from "./compile.js";
import { attempt, type Checked, type Refusal } from "./guarded.js";
import type { Judge } from "./judge.js";
import type { RegisteredType, TypeRegistry } from "./registry.js";
import { isLight } from "./schema-rules.js";
import { createShape, type Shape } from "./shape.js";
import { createShares } from "./shares.js";

/** What a check needs of an event. */
export interface Checkable extends Checked {
  tenantId: string;
  eventType: string;
}

/** Not yet: the tenant's checks take more than its share of this process. To be tried again after so long. */
export interface PutOff {
  fits: undefined;
  afterMs: number;
}

/** What came of a check: the version that the payload fits (undefined: nothing to check it against), or why the event is dead. */
export type TypeVerdict = { fits: true; version: number | undefined } | Refusal;

export interface TypeChecker {
  /** Waits until the types are known. @throws Error when they are not, in time: nobody may guess */
  ready(): Promise<void>;
  /** Whether events of this tenant need a check at all: one look into a Map. */
  concerns(tenantId: string): boolean;
  /** What the schema of a type says of texts, as it counts now; undefined when the type is not registered. */
  shapeOf(tenantId: string, eventType: string): Shape | undefined;
  /** Checks events against what is registered now, in order. */
  judge(events: readonly Checkable[]): Promise<TypeVerdict[]>;
  /** The same, but a tenant that takes more than its share is put off: no tenant waits more than 50 ms for a neighbour's checks. */
  judgeInTurns(events: readonly Checkable[], mayLinger: () => boolean): Promise<(TypeVerdict | PutOff)[]>;
  /** Checks payloads against one type of a tenant, registered or not. @returns for each why it does not fit */
  judgeType(tenantId: string, type: RegisteredType, payloads: readonly Checked[]): Promise<(Refusal | undefined)[]>;
}

const KNOWN_WITHIN_MS = 10_000;
/** Up to here, and up to this weight, a check ends within tens of milliseconds by construction, and most take a microsecond. */
const LIGHT_BYTES = 4_096;
const LIGHT_WEIGHT = 500;
/** What compiling may take to be done here, too, in ms of the judge's CPU time. */
const LIGHT_COMPILE_MS = 20;
/** When one check took longer than this nevertheless, its type goes to the judge for a while. */
const SLOW_MS = 5;
const GUARDED_MS = 60_000;
/** A tenant's checks of one batch that are made here; the rest goes to the judge. */
const INLINE_MS = 50;
/** The event loop gets its turn after so long. */
const SLICE_MS = 25;

const STORE_UNCHECKED: TypeVerdict = Object.freeze({ fits: true, version: undefined });

/** ajv is loaded with the first check: 20 MB that a process without types does not need. */
let loading: Promise<typeof compileSchema> | undefined;
function loadCompiler(): Promise<typeof compileSchema> {
  loading ??= import("./compile.js").then((module) => module.compileSchema);
  return loading;
}

interface Job extends Checked {
  tenantId: string;
  type: RegisteredType;
}

/** Undefined: it fits. */
type Result = Refusal | PutOff | undefined;

export interface TypeCheckerOptions {
  registry: TypeRegistry;
  policy: Config["UNKNOWN_TYPE_POLICY"];
  judge: Judge;
  /** Checks of small payloads against light schemas are made here (0.1 µs instead of 10); false: everything goes to the judge. */
  inline: boolean;
}

/**
 * Checks payloads. A schema can neither stall nor kill the process:
 * - small payloads against light schemas are checked here, with the event loop running between slices of 25 ms, and 50 ms of a
 *   tenant at most for one batch;
 * - everything else, compiling included, happens in the judge's thread, in turns by tenant (`judge.ts`).
 */
export function createTypeChecker({ registry, policy, judge, inline }: TypeCheckerOptions): TypeChecker {
  const shares = createShares();

  const find = (event: Checkable): RegisteredType | TypeVerdict => {
    const tenant = registry.current()?.get(event.tenantId);
    const type = tenant?.types.get(event.eventType);
    if (type) return type;
    const strict = policy === "dead-letter" || (policy === "auto" && tenant !== undefined && tenant.types.size > 0);
    if (!strict) return STORE_UNCHECKED;
    const retired = tenant?.retired.has(event.eventType);
    return { fits: false, reason: "UNKNOWN_TYPE", message: `the event type ${retired ? "was retired" : "is not registered"}` };
  };

  /** Makes the checks that are light. @returns the places of the others */
  const judgeHere = async (jobs: readonly Job[], found: Result[]): Promise<number[]> => {
    if (!inline) return [...jobs.keys()];
    const compile = await loadCompiler();
    const others: number[] = [];
    const spent = new Map<string, number>();
    let now = performance.now();
    let sliceEndsAt = now + SLICE_MS;
    let tenantId: string | undefined;
    let tenantEndsAt = 0;
    for (const [i, job] of jobs.entries()) {
      if (job.tenantId !== tenantId) {
        if (tenantId !== undefined) spent.set(tenantId, INLINE_MS - (tenantEndsAt - now));
        tenantId = job.tenantId;
        tenantEndsAt = now + INLINE_MS - (spent.get(tenantId) ?? 0);
      }
      const { check } = job.type;
      const isHere = job.bytes <= LIGHT_BYTES && now < tenantEndsAt && check.guardedUntilMs < now;
      const compiled = isHere ? (check.compiled ?? lightOf(job.type, compile)) : undefined;
      if (compiled) found[i] = attempt(() => compiled.all(job.payload, job.text));
      else if (check.broken !== undefined) found[i] = brokenType(check.broken);
      else others.push(i);
      const before = now;
      now = performance.now();
      if (compiled && now - before > SLOW_MS && isSlow(() => compiled.all(job.payload, job.text))) check.guardedUntilMs = now + GUARDED_MS;
      if (now < sliceEndsAt) continue;
      await new Promise((resolve) => setImmediate(resolve));
      const pausedAt = now;
      now = performance.now();
      tenantEndsAt += now - pausedAt;
      sliceEndsAt = now + SLICE_MS;
    }
    return others;
  };

  /** Gives jobs to the judge, those of one type together. */
  const begin = (jobs: readonly Job[], places: readonly number[], found: Result[]) => {
    const byType = Map.groupBy(places, (place) => (jobs[place] as Job).type);
    return [...byType].map(([type, own]) => {
      const [first] = own.map((place) => jobs[place] as Job) as [Job];
      const broken = (why: string): void => {
        type.check.broken = why;
        for (const place of own) found[place] = brokenType(why);
      };
      return judge.check({
        tenantId: first.tenantId,
        schema: type.schema,
        jobs: own.map((place) => {
          const { payload, bytes, text } = jobs[place] as Job;
          return { payload, bytes, text };
        }),
        onResult(index, refusal) {
          found[own[index] as number] = refusal;
        },
        onCompiled(weight, compileMs) {
          type.check.heavy = weight > LIGHT_WEIGHT || compileMs > LIGHT_COMPILE_MS;
        },
        onBroken: broken,
      });
    });
  };

  const judgeAll = async (jobs: readonly Job[]): Promise<(Refusal | undefined)[]> => {
    const found = new Array<Result>(jobs.length).fill(undefined);
    const runs = begin(jobs, await judgeHere(jobs, found), found);
    await Promise.all(runs.map(({ done }) => done));
    return found as (Refusal | undefined)[];
  };

  const judgeInTurns = async (jobs: readonly Job[], mayLinger: () => boolean): Promise<Result[]> => {
    const found = new Array<Result>(jobs.length).fill(undefined);
    const places = await judgeHere(jobs, found);
    if (places.length === 0) return found;
    const byTenant = Map.groupBy(places, (place) => (jobs[place] as Job).tenantId);
    const ended = [...byTenant].map(async ([tenantId, own]) => {
      const open = new Set(own);
      for (const place of own) found[place] = { fits: undefined, afterMs: 0 };
      const turn = shares.begin(tenantId, own.length, mayLinger);
      const runs = begin(jobs, own.slice(0, turn.admitted), found);
      await turn.until(Promise.all(runs.map(({ done }) => done))).finally(() => {
        for (const run of runs) run.cancel();
        for (const place of own) if (!isOpen(found[place])) open.delete(place);
        turn.end(own.length - open.size);
      });
      for (const place of open) found[place] = { fits: undefined, afterMs: turn.nextAfterMs() };
    });
    await Promise.all(ended);
    // A result that comes too late concerns an event that has been put off.
    return [...found];
  };

  const withVerdicts = async <V>(
    events: readonly Checkable[],
    judgeJobs: (jobs: readonly Job[]) => Promise<(V | undefined)[]>,
  ): Promise<(V | TypeVerdict)[]> => {
    const verdicts: (RegisteredType | TypeVerdict | V)[] = events.map(find);
    const jobs: Job[] = [];
    const places: number[] = [];
    for (const [i, { tenantId, payload, bytes, text }] of events.entries()) {
      const type = verdicts[i] as RegisteredType | TypeVerdict;
      if ("fits" in type) continue;
      jobs.push({ tenantId, type, payload, bytes, text });
      places.push(i);
    }
    const results = jobs.length > 0 ? await judgeJobs(jobs) : [];
    for (const [i, place] of places.entries()) verdicts[place] = results[i] ?? { fits: true, version: (jobs[i] as Job).type.version };
    return verdicts as (V | TypeVerdict)[];
  };

  return {
    async ready() {
      if (!registry.current()) await registry.known(KNOWN_WITHIN_MS);
    },
    concerns: (tenantId) => policy === "dead-letter" || (registry.current()?.has(tenantId) ?? true),
    shapeOf(tenantId, eventType) {
      const type = registry.current()?.get(tenantId)?.types.get(eventType);
      if (type) type.check.shape ??= createShape(type.schema);
      return type?.check.shape;
    },
    judge: (events) => withVerdicts(events, judgeAll),
    judgeInTurns: (events, mayLinger) => withVerdicts(events, (jobs) => judgeInTurns(jobs, mayLinger)),
    judgeType: (tenantId, type, payloads) => judgeAll(payloads.map((one) => ({ tenantId, type, ...one }))),
  };
}

/** The type's schema compiled here, when that is light. */
function lightOf({ check, schema }: RegisteredType, compile: typeof compileSchema): CompiledSchema | undefined {
  if (check.compiled || check.broken !== undefined) return check.compiled;
  try {
    // Whatever has patterns, or much of anything, has to show first what it costs: the judge compiles it, and says so.
    check.heavy ??= !isLight(schema);
    if (!check.heavy) check.compiled = compile(schema);
  } catch (error) {
    // It was compiled when it was registered: this is a row that somebody wrote by hand.
    check.broken = (error as Error).message;
  }
  return check.compiled;
}

/** Whether a check takes long by itself: it seemed so, but the process may not have been given the processor. */
function isSlow(check: () => unknown): boolean {
  const before = process.threadCpuUsage();
  attempt(check as () => undefined);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 > SLOW_MS;
}

const isOpen = (result: Result): boolean => result !== undefined && result.fits === undefined;

const brokenType = (why: string): Refusal => ({
  fits: false,
  reason: "UNPROCESSABLE",
  message: `the schema of its type cannot be used: ${why}`,
});
