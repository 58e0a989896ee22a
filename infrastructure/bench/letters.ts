import { createHash } from "node:crypto";
import { letterStatuses, reasonCodes } from "@streamforge/shared";
import { Binary, type Collection, type Document } from "mongodb";

/** Synthetic dead letters, the same ones each time: the first tenant has more than half of them, a few causes have most. */

export const TENANTS = ["tenant-1", "tenant-2", "tenant-3", "tenant-4", "tenant-5"] as const;
export const CAUSES = 300;
/** Words that stand in ten letters of all, where an index must find them and a search has to read everything. */
export const RARE = { type: "rare.type", source: "rare-source", text: "user-needle-42" } as const;
export const SPAN_MS = 7 * 86_400_000;

const TENANT_SHARES = [0.55, 0.75, 0.87, 0.95, 1];
const STATUS_SHARES: readonly (readonly [number, string])[] = [
  [0.8, "open"],
  [0.9, "resolved"],
  [0.95, "discarded"],
  [0.999, "superseded"],
  [1, "replaying"],
];
const SLICE = 5_000;
const PADDING = "a customer who pays by card and wants an invoice; ".repeat(6);

/** Fills an empty collection. @param onProgress told how many there are */
export async function insertLetters(into: Collection<Document>, count: number, onProgress: (done: number) => void): Promise<void> {
  const random = mulberry(42);
  const nowMs = Date.now();
  for (let done = 0; done < count; done += SLICE) {
    const size = Math.min(SLICE, count - done);
    const slice = Array.from({ length: size }, (_, i) => letter(done + i, count, nowMs, random));
    await into.insertMany(slice, { ordered: false, writeConcern: { w: 1 } });
    if ((done + size) % 100_000 < SLICE) onProgress(done + size);
  }
}

function letter(n: number, count: number, nowMs: number, random: () => number): Document {
  const rare = n % Math.floor(count / 10) === 7;
  const digest = createHash("sha256").update(`letter ${n}`).digest();
  const share = random();
  const tenantId = TENANTS[TENANT_SHARES.findIndex((upTo) => share < upTo)] as string;
  // To the fourth power: the first causes have most of the letters.
  const cause = Math.floor(random() ** 4 * CAUSES);
  const reasonCode = reasonCodes[cause % reasonCodes.length] as string;
  const eventType = rare ? RARE.type : `type.${cause % 40}`;
  const statusShare = random();
  const status = STATUS_SHARES.find(([upTo]) => statusShare < upTo)?.[1] ?? letterStatuses[0];
  // As they die, so they are written; here and there one that died again later.
  const age = (1 - n / count) * (random() < 0.02 ? random() : 1);
  const at = new Date(nowMs - Math.floor(age * SPAN_MS));
  const raw = JSON.stringify({ eventId: `e-${n}`, type: eventType, note: rare ? RARE.text : `user-${n}`, padding: PADDING });
  return {
    _id: new Binary(digest.subarray(0, 24)),
    eventDocId: new Binary(digest.subarray(0, 16), Binary.SUBTYPE_UUID),
    tenantId,
    eventId: `e-${n}`,
    eventType,
    userId: `u-${n % 50_000}`,
    source: rare ? RARE.source : `source-${n % 20}`,
    status,
    reasonCode,
    message: `/amount of cause ${cause} must be a number`,
    fingerprint: createHash("sha256").update(`${reasonCode} ${eventType} ${cause}`).digest("hex").slice(0, 16),
    raw,
    receipt: new Binary(digest.subarray(16, 24)),
    hash: new Binary(digest.subarray(16, 24)),
    attempts: 1,
    deaths: 1,
    correlationId: `c-${n}`,
    receivedAt: at,
    failedAt: at,
    lastFailedAt: at,
    worker: "bench",
    history: [{ at, who: "bench", what: `dead letter: ${reasonCode}` }],
  };
}

/** Numbers from 0 to 1 that look random and are the same each time. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
