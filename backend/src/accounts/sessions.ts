import type { Config } from "../config.js";
import type { User } from "../generated/prisma/client.js";
import { type Actor, audit } from "./audit.js";
import type { Credentials, From } from "./credentials.js";
import type { PrismaClient } from "./database.js";
import { type ListedSession, type SessionRecord, type SessionStore, stampOf } from "./session-store.js";

export type { ListedSession, SessionRecord } from "./session-store.js";

export type SignIn =
  /** `device`: an id for the browser, for its next sign-in. */
  | { kind: "signed-in"; sessionId: string; session: SessionRecord; device?: string }
  /** Unknown e-mail, wrong password and disabled user look alike and take the same time. */
  | { kind: "refused" }
  | { kind: "throttled"; retryAfterSeconds: number };

/**
 * Operators' sessions: a random secret in a cookie, the rest in Redis, so that signing out ends it at once everywhere
 * (docs/decisions/0003-sessions-not-jwt.md). Everything rejects with StorageUnavailableError when a store is away.
 */
export interface Sessions {
  signIn(credentials: { email: string; password: string }, from: From): Promise<SignIn>;
  /** A new session for somebody whose password was proven just now; all others end. */
  renew(userId: string, from: From): Promise<SignIn>;
  /** @param sessionId what is in the cookie */
  read(sessionId: string): Promise<SessionRecord | null>;
  signOut(sessionId: string, correlationId: string): Promise<void>;
  /** Of one user, the newest first. */
  list(userId: string): Promise<ListedSession[]>;
  /** Ends one by its public id. @returns false when this user has none of this id */
  end(actor: Actor, userId: string, id: string): Promise<boolean>;
  /** Ends all of a user, or all but one. @returns how many */
  endAll(actor: Actor, userId: string, exceptId?: string): Promise<number>;
}

export interface SessionsDeps {
  prisma: PrismaClient;
  store: SessionStore;
  credentials: Credentials;
  config: Pick<Config, "SESSION_TTL_SECONDS" | "SESSION_IDLE_SECONDS">;
}

/** A session that is used says so, and is compared with its user's row, so often at least. */
const SEEN_EVERY_MS = 30_000;

/** Of one person at once: more are forgotten ones. The one that was not used for longest makes room. */
const MOST_SESSIONS = 20;

const MOST_USER_AGENT = 300;

export function createSessions({ prisma, store, credentials, config }: SessionsDeps): Sessions {
  // Often enough that an idle end cannot come while it is used.
  const seenEveryMs = Math.min(SEEN_EVERY_MS, config.SESSION_IDLE_SECONDS * 250);

  async function open(user: User, from: From): Promise<SignIn> {
    const nowMs = Date.now();
    const { secret, session } = await store.open({
      userId: user.id,
      email: user.email,
      role: user.role,
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      expiresAtMs: nowMs + config.SESSION_TTL_SECONDS * 1000,
      userAgent: (from.userAgent ?? "").slice(0, MOST_USER_AGENT),
      address: from.ip,
      stamp: stampOf(user),
    });
    // Who changes a user ends the sessions that are listed by then. One that was being opened meanwhile is found out here:
    // either the change sees this session, or this look sees the change.
    const now = await prisma.user.findUnique({ where: { id: user.id } });
    if (!now || stampOf(now) !== session.stamp) {
      await store.close(secret, session);
      return { kind: "refused" };
    }
    await makeRoom(user.id);
    await audit(prisma, userActor(session, from.correlationId), { action: "session.create", targetId: user.id, tenantId: null });
    return { kind: "signed-in", sessionId: secret, session };
  }

  async function makeRoom(userId: string): Promise<void> {
    const byUse = (await store.list(userId)).sort((a, b) => b.lastSeenAtMs - a.lastSeenAtMs);
    for (const { id } of byUse.slice(MOST_SESSIONS)) await store.end(userId, id);
  }

  /** Changes of a user end their sessions at once; this repairs it when Redis was away just then. */
  async function lookAgain(secret: string, session: SessionRecord, nowMs: number): Promise<void> {
    await store.seen(secret, session, nowMs);
    const user = await prisma.user.findUnique({ where: { id: session.userId } });
    if (!user || stampOf(user) !== session.stamp) await store.close(secret, session);
  }

  return {
    async signIn(given, from) {
      const proof = await credentials.prove(given, from);
      if (proof.kind !== "proven") return proof;
      const signedIn = await open(proof.user, from);
      return signedIn.kind === "signed-in" ? { ...signedIn, device: await credentials.recognise(proof.user.email, from) } : signedIn;
    },

    async renew(userId, from) {
      const user = await prisma.user.findUnique({ where: { id: userId } });
      if (!user || user.disabledAt) return { kind: "refused" };
      const signedIn = await open(user, from);
      // The new one first: were it the other way round and Redis went away in between, nobody would be told what happened.
      if (signedIn.kind === "signed-in") await store.endAll(userId, signedIn.session.id);
      return signedIn;
    },

    async read(secret) {
      const session = await store.read(secret);
      const nowMs = Date.now();
      // Not waited for: a session continues while Postgres is away.
      if (session && nowMs - session.lastSeenAtMs >= seenEveryMs) lookAgain(secret, session, nowMs).catch(() => {});
      return session;
    },

    async signOut(sessionId, correlationId) {
      const session = await store.read(sessionId);
      if (!session) return;
      await store.close(sessionId, session);
      await audit(prisma, userActor(session, correlationId), { action: "session.delete", targetId: session.userId, tenantId: null });
    },

    list: store.list,

    async end(actor, userId, id) {
      const session = await store.end(userId, id);
      if (session) await audit(prisma, actor, { action: "session.revoke", targetId: userId, tenantId: null, before: placeOf(session) });
      return session !== null;
    },

    async endAll(actor, userId, exceptId) {
      const ended = await store.endAll(userId, exceptId);
      if (ended > 0)
        await audit(prisma, actor, { action: "session.revoke", targetId: userId, tenantId: null, before: { sessions: ended } });
      return ended;
    },
  };
}

function userActor(session: SessionRecord, correlationId: string): Actor {
  return { kind: "user", id: session.userId, name: session.email, correlationId };
}

function placeOf({ id, createdAtMs, userAgent, address }: SessionRecord) {
  return { sessions: 1, id, createdAt: new Date(createdAtMs).toISOString(), userAgent, address };
}
