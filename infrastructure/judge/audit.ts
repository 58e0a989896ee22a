import { identityKey, type Journal, type SentBody, type SentIdentity } from "./journal.js";
import { copiedBetween, type LedgerSums, sumsOf, zero } from "./ledger-view.js";
import { type RedisView, readRedis } from "./redis-view.js";
import { type Letter, readStore, type StoredEvent, type StoreView } from "./store-view.js";
import { describe, type Verdict } from "./verdict.js";

export interface AuditOptions {
  journal: Journal;
  mongodbUri: string;
  database: string;
  redisUrl: string;
  keyPrefix: string;
  /** With both, the API's own ledger is asked too, and must say the same. */
  apiUrl?: string;
  adminToken?: string;
  /** False where the ledger cannot hold (Redis was wiped on purpose); then only journal and MongoDB are compared. */
  checkLedger?: boolean;
}

/** Compares what the producer was told with what is there. Best called when everything is settled, but true at any time. */
export async function audit(options: AuditOptions): Promise<Verdict> {
  const { journal, mongodbUri, database, redisUrl, keyPrefix, checkLedger = true } = options;
  const tenants = [...new Set([...journal.identities.values()].map((identity) => identity.tenantId))];
  // Redis first: what is settled between the two looks is then seen twice rather than never.
  let redis = await readRedis(redisUrl, keyPrefix);
  let store = await readStore(mongodbUri, database, tenants, journal);
  for (let again = 0; again < 3 && copiedBetween(redis.ledger, store.ledger); again++) {
    redis = await readRedis(redisUrl, keyPrefix);
    store = await readStore(mongodbUri, database, tenants, journal);
  }

  const findings = compare(journal, store, redis);
  const ours = redis.inFlight.filter((event) => tenants.includes(event.tenantId)).length;
  const ledger = checkLedger ? judgeLedger(tenants, redis, store, ours) : { ...zero(), missing: 0, problems: [] };
  if (checkLedger && options.apiUrl && options.adminToken) ledger.problems.push(...(await askApi(options, tenants, ledger)));
  if (redis.unreadable.length > 0)
    ledger.problems.push(`${redis.unreadable.length} entries cannot be read, the first: ${redis.unreadable[0]}`);

  const verdict: Verdict = {
    ...findings,
    stored: store.documents,
    dead: [...store.letters.values()].reduce((sum, letters) => sum + letters.length, 0),
    inFlight: ours,
    pendingEntries: redis.pendingEntries,
    streamLength: redis.streamLength,
    retrying: redis.retrying,
    ledger,
    ok: false,
    text: "",
  };
  const wrong = [
    verdict.lost,
    verdict.twice,
    verdict.overwritten,
    verdict.phantom,
    verdict.refusedYetStored,
    verdict.storedAndDead,
    ledger.problems,
  ];
  verdict.ok = wrong.every((list) => list.length === 0);
  verdict.text = describe(verdict);
  return verdict;
}

type Findings = Pick<
  Verdict,
  "acknowledged" | "unknown" | "lost" | "twice" | "overwritten" | "phantom" | "refusedYetStored" | "storedAndDead"
>;

function compare(journal: Journal, store: StoreView, redis: RedisView): Findings {
  const findings: Findings = {
    acknowledged: 0,
    unknown: 0,
    lost: [],
    twice: [],
    overwritten: [],
    phantom: [],
    refusedYetStored: [],
    storedAndDead: [],
  };
  const inFlight = new Set(redis.inFlight.map((event) => `${identityKey(event.tenantId, event.eventId)} ${event.hash}`));
  for (const [key, identity] of journal.identities) {
    const stored = store.stored.get(key) ?? [];
    const letters = store.letters.get(key) ?? [];
    judgeIdentity(findings, key, identity, stored, letters, (body) => inFlight.has(`${key} ${body.hash}`));
  }
  // No spread: a store with 200,000 foreign events would overflow the stack.
  for (const key of new Set([...store.stored.keys(), ...store.letters.keys()]))
    if (!journal.identities.has(key)) findings.phantom.push(key);
  return findings;
}

function judgeIdentity(
  findings: Findings,
  key: string,
  identity: SentIdentity,
  stored: StoredEvent[],
  letters: Letter[],
  isInFlight: (body: SentBody) => boolean,
): void {
  const has = (kind: string) => (body: SentBody) => body.attempts.some((attempt) => attempt.outcome === kind);
  const acknowledged = identity.bodies.filter(has("acknowledged"));
  if (acknowledged.length > 0) findings.acknowledged++;
  else if (identity.bodies.some((body) => body.attempts.length === 0 || has("unknown")(body))) findings.unknown++;

  const isStored = (body: SentBody) => stored.some((event) => event.hash === body.hash);
  const isDead = (body: SentBody) => letters.some((letter) => letter.hash === body.hash);
  if (acknowledged.some((body) => !isStored(body) && !isDead(body) && !isInFlight(body))) findings.lost.push(key);
  if (stored.length > 1) findings.twice.push(key);
  if (stored.some((event) => event.difference !== undefined || !mayBeStored(event, identity, letters))) findings.overwritten.push(key);
  // A 429 was refused before anything was appended; any other mixture with "unknown" leaves the body's fate open.
  const refused = identity.bodies.filter(
    (body) => body.attempts.length > 0 && body.attempts.every((attempt) => attempt.outcome === "refused"),
  );
  if (refused.some(isStored)) findings.refusedYetStored.push(key);
  if (letters.some((letter) => letter.status === "open" && stored.some((event) => event.hash === letter.hash)))
    findings.storedAndDead.push(key);
}

/**
 * The body that was acknowledged first owns the identity, unless it died. Bodies that were under way at the same time may
 * both have been first: only one that was acknowledged before the stored one was even sent proves an overwrite.
 */
function mayBeStored(event: StoredEvent, identity: SentIdentity, letters: Letter[]): boolean {
  const own = identity.bodies.find((body) => body.hash === event.hash);
  const firstSentAtMs = own?.attempts[0]?.sentAtMs;
  if (firstSentAtMs === undefined) return own !== undefined;
  return !identity.bodies.some((other) => {
    if (other.hash === event.hash || letters.some((letter) => letter.hash === other.hash)) return false;
    return other.attempts.some((attempt) => attempt.outcome === "acknowledged" && attempt.answeredAtMs < firstSentAtMs);
  });
}

/** The ledger, in Redis and MongoDB together, must balance by itself, and agree with the documents that MongoDB holds. */
function judgeLedger(tenants: string[], redis: RedisView, store: StoreView, inFlight: number): Verdict["ledger"] {
  const ledger = sumsOf(redis.ledger, store.ledger);
  const sums = zero();
  for (const tenant of tenants) {
    const own = ledger.get(tenant) ?? zero();
    for (const name of ["accepted", "stored", "duplicate", "dead"] as const) sums[name] += own[name];
  }
  const problems: string[] = [];
  const missing = sums.accepted - sums.stored - sums.duplicate - sums.dead - inFlight;
  if (missing !== 0) {
    problems.push(
      `accepted ${sums.accepted} is not stored ${sums.stored} + duplicate ${sums.duplicate} + dead ${sums.dead} + in flight ${inFlight}: ${missing} missing`,
    );
  }
  // What is written and not yet settled is a document already.
  const surplus = store.documents - store.resolved - sums.stored;
  if (surplus < 0 || surplus > inFlight)
    problems.push(
      `the ledger says ${sums.stored} stored, MongoDB holds ${store.documents}${store.resolved > 0 ? ` of which ${store.resolved} by replays` : ""}`,
    );
  if (sums.dead > store.deaths) problems.push(`the ledger says ${sums.dead} dead, the letters say ${store.deaths}`);
  for (const name of ["accepted", "stored", "duplicate", "dead"] as const) {
    const all = [...ledger.values()].reduce((sum, one) => sum + one[name], 0);
    if (store.announcedLosses > 0 ? all < redis.totals[name] : all !== redis.totals[name])
      problems.push(`the ledger's minutes sum to ${all} ${name}, the totals say ${redis.totals[name]}`);
  }
  return { ...sums, missing, problems };
}

interface ApiLedger {
  total: LedgerSums & { missing: number };
}

/** What the API shows to people must be what Redis holds. */
async function askApi({ apiUrl, adminToken }: AuditOptions, tenants: string[], sums: LedgerSums): Promise<string[]> {
  const told = { ...zero(), missing: 0 };
  for (const tenantId of tenants) {
    const query = new URLSearchParams({ tenantId, from: "1970-01-01T00:00:00.000Z" });
    const response = await fetch(`${apiUrl}/v1/admin/ledger?${query}`, { headers: { "x-admin-token": adminToken as string } });
    if (!response.ok) return [`the API's ledger answered ${response.status}`];
    const { total } = (await response.json()) as ApiLedger;
    for (const name of ["accepted", "stored", "duplicate", "dead", "missing"] as const) told[name] += total[name];
  }
  const differs = (["accepted", "stored", "duplicate", "dead"] as const).filter((name) => told[name] !== sums[name]);
  const problems = differs.map((name) => `the API says ${told[name]} ${name}, Redis and MongoDB ${sums[name]}`);
  if (told.missing !== 0) problems.push(`the API says ${told.missing} missing`);
  return problems;
}
