import { randomUUID } from "node:crypto";

/** What a sending is meant to show. */
export type Kind = "new" | "duplicate" | "late resend" | "conflict" | "malformed" | "wrong for its type" | "unknown type";

export interface Sending {
  kind: Kind;
  /** Event type, for the summary. */
  type: string;
  /** The bytes to send. */
  text: string;
}

const CITIES = ["Berlin", "Lyon", "Torino", "Osaka", "Recife", "Austin"];
const PRODUCTS = ["trail-runner", "rain-jacket", "headlamp", "map-case", "water-filter"];
const METHODS = ["card", "paypal", "sepa", "invoice"];
/** Resends come from what was sent up to this many events ago. */
const REMEMBERED = 2_000;

const between = (low: number, high: number): number => low + Math.floor(Math.random() * (high - low + 1));
const pick = <T>(list: readonly T[]): T => list[between(0, list.length - 1)] as T;
const cents = (low: number, high: number): number => between(low * 100, high * 100) / 100;
const user = (): string => `user-${between(1, 400)}`;

interface DemoEvent {
  eventId: string;
  eventType: string;
  userId: string;
  occurredAt: string;
  source: string;
  payload: Record<string, unknown>;
}

const event = (eventType: string, source: string, userId: string, payload: DemoEvent["payload"]): DemoEvent => ({
  eventId: randomUUID(),
  eventType,
  userId,
  // Producers are a little late, each by its own measure.
  occurredAt: new Date(Date.now() - between(0, 1_500)).toISOString(),
  source,
  payload,
});

const money = (low: number, high: number, currencies: readonly string[] = ["EUR"]) => ({
  amount: cents(low, high),
  currency: pick(currencies),
});

/** The kinds of business, by how often they happen. All are sales and payments: `tenant-demo` has registered no other types. */
const SCENES: { weight: number; make: () => DemoEvent }[] = [
  {
    weight: 40,
    make: () =>
      event("SALE", pick(["shop-eu", "shop-us"]), user(), {
        orderId: `A-${between(10_000, 99_999)}`,
        ...money(5, 400, ["EUR", "USD"]),
        items: Array.from({ length: between(1, 3) }, () => ({ sku: pick(PRODUCTS), quantity: between(1, 3) })),
      }),
  },
  {
    weight: 25,
    make: () => event("SALE", `till-${between(1, 12)}`, user(), { receipt: between(1_000, 9_999), ...money(1, 80), city: pick(CITIES) }),
  },
  {
    weight: 25,
    make: () =>
      event("PAYMENT", "checkout", user(), {
        orderId: `A-${between(10_000, 99_999)}`,
        ...money(5, 400, ["EUR", "USD"]),
        method: pick(METHODS),
      }),
  },
  {
    weight: 10,
    make: () =>
      event("PAYMENT", "subscriptions", user(), { plan: pick(["basic", "plus"]), ...money(5, 20), period: "month", renewal: true }),
  },
];

function scene(): DemoEvent {
  let at = Math.random() * SCENES.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, make } of SCENES) {
    at -= weight;
    if (at < 0) return make();
  }
  return (SCENES[0] as (typeof SCENES)[number]).make();
}

/** What real producers get wrong: half a line, no type, a date that is none. */
function malformed(): string {
  const { eventType: _type, ...untyped } = scene();
  return pick([
    () => JSON.stringify(scene()).slice(0, -between(5, 40)),
    () => JSON.stringify(untyped),
    () => JSON.stringify({ ...scene(), occurredAt: "yesterday" }),
  ])();
}

/** A number as text, which the schema refuses: a dead letter SCHEMA_INVALID. */
function wrongForItsType(): DemoEvent {
  const amount = String(cents(5, 400)).replace(".", ",");
  return event(pick(["SALE", "PAYMENT"]), "legacy-till", user(), { orderId: `A-${between(10_000, 99_999)}`, amount, currency: "EUR" });
}

/** A service that went live before anybody registered what it sends: a dead letter UNKNOWN_TYPE. */
function ofUnknownType(): DemoEvent {
  return event("REFUND", "returns-desk", user(), { orderId: `A-${between(10_000, 99_999)}`, ...money(5, 400) });
}

/**
 * An endless series of what a small shop with a few tills sends in a day: mostly sound events, and some of everything
 * that goes wrong between machines.
 */
export function createMix(): () => Sending {
  const sent: { type: string; text: string }[] = [];
  const remember = (type: string, text: string): void => {
    sent.push({ type, text });
    if (sent.length > REMEMBERED) sent.shift();
  };
  const fresh = (kind: Kind, made: DemoEvent): Sending => {
    const text = JSON.stringify(made);
    remember(made.eventType, text);
    return { kind, type: made.eventType, text };
  };

  return () => {
    const luck = Math.random() * 100;
    const last = sent.at(-1);
    const earlier = sent[between(0, Math.floor(sent.length / 2))];
    if (luck < 2 && last) return { kind: "duplicate", ...last };
    if (luck < 4 && earlier) return { kind: "late resend", ...earlier };
    if (luck < 5 && earlier) {
      const changed = { ...(JSON.parse(earlier.text) as DemoEvent), payload: { corrected: true, ...money(5, 400) } };
      return { kind: "conflict", type: earlier.type, text: JSON.stringify(changed) };
    }
    if (luck < 5.7) return { kind: "malformed", type: "malformed", text: malformed() };
    if (luck < 6.4) return fresh("wrong for its type", wrongForItsType());
    if (luck < 6.8) return fresh("unknown type", ofUnknownType());
    return fresh("new", scene());
  };
}
