import { Buffer } from "node:buffer";
import type { ReasonCode } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { RedisKeys } from "./keys.js";

/** What became of an accepted event. */
export type Decision =
  | { kind: "stored"; storedAtMs: number }
  /** The same event was stored before; then it was received. */
  | { kind: "duplicate"; receivedAtMs: number }
  | { kind: "dead"; reason: ReasonCode; message: string };

/** What is told of an acceptance. */
export interface Decided {
  /** 8 bytes, as a string of one character a byte; in hex on its way. */
  receipt: string;
  /** Undefined: it is decided, and more of it must be looked up. */
  decision: Decision | undefined;
}

/** Why an event died may quote a long schema; all of it is in its letter. */
const MOST_MESSAGE = 500;

/**
 * Tells the api process of that name what became of events that somebody waits for there. A message is sent once and may be lost:
 * anyone who waits looks for itself in the end. One channel per api process, so that no process hears what others wait for.
 */
export async function tellDecisions(redis: Redis, keys: Pick<RedisKeys, "decisions">, name: string, decided: Decided[]): Promise<void> {
  await redis.publish(keys.decisions(name), JSON.stringify(decided.map(toMessage)));
}

export interface HearOptions {
  /** A connection of its own, because one that subscribes can do nothing else. Closed by `close`. */
  subscriber: Redis;
  keys: Pick<RedisKeys, "decisions">;
  /** Name of this process. */
  name: string;
  onDecided(decided: Decided[]): void;
  /** Called when the line is there again after it was lost: what was said meanwhile was not heard. */
  onGap(): void;
}

/** Hears what is told to the api process of that name. */
export function hearDecisions({ subscriber, keys, name, onDecided, onGap }: HearOptions): { close(): void } {
  const channel = keys.decisions(name);
  let lost = false;
  subscriber.on("close", () => {
    lost = true;
  });
  subscriber.on("message", (_channel, message: string) => onDecided((JSON.parse(message) as Decided[]).map(fromMessage)));
  const subscribe = async (): Promise<void> => {
    await subscriber.subscribe(channel);
    if (lost) onGap();
    lost = false;
  };
  // A connection that breaks meanwhile comes back, and this with it.
  subscriber.on("ready", () => void subscribe().catch(() => {}));
  if (subscriber.status === "wait") subscriber.connect().catch(() => {});
  return { close: () => subscriber.disconnect() };
}

function toMessage({ receipt, decision }: Decided): Decided {
  const hex = Buffer.from(receipt, "latin1").toString("hex");
  if (decision?.kind !== "dead") return { receipt: hex, decision };
  const { kind, reason, message } = decision;
  return { receipt: hex, decision: { kind, reason, message: message.slice(0, MOST_MESSAGE) } };
}

const fromMessage = ({ receipt, decision }: Decided): Decided => ({ receipt: Buffer.from(receipt, "hex").toString("latin1"), decision });
