import type { Config } from "../config.js";
import type { CompiledSchema, compileSchema } from "./compile.js";
import { createGuard, type Guard } from "./guard.js";
import { attempt, breathe, type Job, judgeGuarded, type Refusal, SLICE_MS } from "./guarded.js";
import type { RegisteredType, TypeRegistry } from "./registry.js";

/** What a check needs of an event. */
export interface Checkable {
  tenantId: string;
  eventType: string;
  payload: unknown;
  /** Size of the event's text, or a little more. */
  bytes: number;
}

/** What came of a check: the version that the payload fits (undefined: nothing to check it against), or why the event is dead. */
export type TypeVerdict = { fits: true; version: number | undefined } | Refusal;

export interface TypeChecker {
  /** Waits until the types are known. @throws Error when they are not, in time: nobody may guess */
  ready(): Promise<void>;
  /** Whether events of this tenant need a check at all: one look into a Map. */
  concerns(tenantId: string): boolean;
  /** Checks events against what is registered now, in order. */
  judge(events: readonly Checkable[]): Promise<TypeVerdict[]>;
  /** Checks payloads against one type, registered or not. @returns for each why it does not fit */
  judgeType(type: RegisteredType, payloads: readonly { payload: unknown; bytes: number }[]): Promise<(Refusal | undefined)[]>;
}

const KNOWN_WITHIN_MS = 10_000;
/** Up to here, and up to this weight, a check is free of the guard: it ends within tens of milliseconds by construction. */
const FREE_BYTES = 4_096;
const FREE_WEIGHT = 500;
/** When one took longer than this nevertheless, its type is guarded for a while. */
const FREE_MS = 5;
const GUARDED_MS = 60_000;

const STORE_UNCHECKED: TypeVerdict = Object.freeze({ fits: true, version: undefined });

/** ajv is loaded with the first check: 20 MB that a process without types does not need. */
let loading: Promise<typeof compileSchema> | undefined;
function loadCompiler(): Promise<typeof compileSchema> {
  loading ??= import("./compile.js").then((module) => module.compileSchema);
  return loading;
}

/**
 * Checks payloads. A schema can neither stall nor kill the process:
 * - small payloads against small schemas go straight through (0.1 µs); a type that surprises by taking 5 ms is guarded for a minute;
 * - everything else runs under a guard that ends it, see `guarded.ts`;
 * - the event loop runs between slices of 25 ms.
 */
export function createTypeChecker({ registry, policy }: { registry: TypeRegistry; policy: Config["UNKNOWN_TYPE_POLICY"] }): TypeChecker {
  let guard: Guard | undefined;

  const find = (event: Checkable): RegisteredType | TypeVerdict => {
    const tenant = registry.current()?.get(event.tenantId);
    const type = tenant?.types.get(event.eventType);
    if (type) return type;
    const strict = policy === "dead-letter" || (policy === "auto" && tenant !== undefined && tenant.types.size > 0);
    if (!strict) return STORE_UNCHECKED;
    const retired = tenant?.retired.has(event.eventType);
    return { fits: false, reason: "UNKNOWN_TYPE", message: `the event type ${retired ? "was retired" : "is not registered"}` };
  };

  const judgeJobs = async (jobs: readonly Job[]): Promise<(Refusal | undefined)[]> => {
    const compile = await loadCompiler();
    const found = new Array<Refusal | undefined>(jobs.length).fill(undefined);
    const guarded: number[] = [];
    let startedAt = performance.now();
    let sliceEndsAt = startedAt + SLICE_MS;
    for (const [i, job] of jobs.entries()) {
      const { check } = job.type;
      const compiled = compiledOf(job.type, compile);
      if (!compiled) found[i] = { fits: false, reason: "UNPROCESSABLE", message: `the schema of its type cannot be used: ${check.broken}` };
      else if (job.bytes > FREE_BYTES || compiled.weight > FREE_WEIGHT || check.guardedUntilMs > startedAt) guarded.push(i);
      else found[i] = attempt(() => compiled.all(job.payload));
      const now = performance.now();
      if (now - startedAt > FREE_MS && guarded.at(-1) !== i) check.guardedUntilMs = now + GUARDED_MS;
      startedAt = now;
      if (now < sliceEndsAt) continue;
      await breathe();
      startedAt = performance.now();
      sliceEndsAt = startedAt + SLICE_MS;
    }
    if (guarded.length > 0) {
      guard ??= createGuard();
      await judgeGuarded(guard, jobs, guarded, found);
    }
    return found;
  };

  return {
    async ready() {
      if (!registry.current()) await registry.known(KNOWN_WITHIN_MS);
    },
    concerns: (tenantId) => policy === "dead-letter" || (registry.current()?.has(tenantId) ?? true),
    async judge(events) {
      const verdicts = events.map(find);
      const jobs: Job[] = [];
      const places: number[] = [];
      verdicts.forEach((verdict, i) => {
        if ("fits" in verdict) return;
        const { payload, bytes } = events[i] as Checkable;
        jobs.push({ type: verdict, payload, bytes });
        places.push(i);
      });
      const refusals = jobs.length > 0 ? await judgeJobs(jobs) : [];
      places.forEach((place, i) => {
        verdicts[place] = refusals[i] ?? { fits: true, version: (jobs[i] as Job).type.version };
      });
      return verdicts as TypeVerdict[];
    },
    judgeType: (type, payloads) => judgeJobs(payloads.map((one) => ({ type, ...one }))),
  };
}

function compiledOf({ check, schema }: RegisteredType, compile: typeof compileSchema): CompiledSchema | undefined {
  if (check.compiled || check.broken !== undefined) return check.compiled;
  try {
    check.compiled = compile(schema);
  } catch (error) {
    // It was compiled when it was registered: this is a row that somebody wrote by hand.
    check.broken = (error as Error).message;
  }
  return check.compiled;
}
