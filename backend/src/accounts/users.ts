import type { Role, UserView } from "@streamforge/shared";
import type { Prisma, User } from "../generated/prisma/client.js";
import { sayOutage } from "../lib/errors.js";
import { type Actor, audit } from "./audit.js";
import type { Credentials, From } from "./credentials.js";
import { type Database, isUniqueViolation, type PrismaClient } from "./database.js";
import { passwordFault } from "./password-strength.js";
import { generatePassword, hashPassword } from "./passwords.js";
import type { SessionStore } from "./session-store.js";

/** People and their roles. A change that takes something away ends the person's sessions at once, everywhere. */
export interface UserService {
  /** By e-mail. @param filter `q` is part of an e-mail; `after` is the last e-mail of the page before */
  list(filter: { q?: string; after?: string; limit: number }): Promise<{ items: UserView[]; nextCursor: string | null }>;
  get(id: string): Promise<UserView | null>;
  /** @returns `password` when it was generated: it exists only here */
  create(
    actor: Actor,
    user: { email: string; role: Role; password?: string },
  ): Promise<{ user: UserView; password?: string } | "exists" | Weak>;
  /** Changes the role, disables or enables. `last-admin`: nobody could administer any more, so nothing was changed. */
  update(actor: Actor, id: string, change: { role?: Role; disabled?: boolean }): Promise<UserView | "last-admin" | null>;
  /** Sets a password, generated when none is given. @returns null when there is no such user */
  resetPassword(actor: Actor, id: string, password?: string): Promise<{ password?: string } | Weak | null>;
  /** Somebody's own. Their other sessions end; for the one they are in see `Sessions.renew`. */
  changePassword(actor: Actor, change: PasswordChange): Promise<"changed" | "wrong" | Weak | { retryAfterSeconds: number }>;
}

/** The password is too easy to guess; why and what to do, to follow its name. */
export interface Weak {
  weak: string;
}

export interface PasswordChange {
  userId: string;
  email: string;
  current: string;
  next: string;
  /** For the throttle that signing in has too. */
  from: From;
  /** Public id of the session that continues. */
  session?: string;
}

export interface UserServiceDeps {
  prisma: PrismaClient;
  store: Pick<SessionStore, "endAll">;
  credentials: Pick<Credentials, "prove">;
}

export function createUserService({ prisma, store, credentials }: UserServiceDeps): UserService {
  /** Committed first, then ended: a session that begins in between finds the new row (see `sessions.ts`). */
  async function endSessions(userId: string, exceptId?: string): Promise<void> {
    await store
      .endAll(userId, exceptId)
      .catch(
        sayOutage("The change is kept, but sessions of this user could not be ended at once and end within a minute; repeat the request"),
      );
  }

  /** @returns false when there is no such user */
  async function setPassword(actor: Actor, id: string, password: string): Promise<boolean> {
    const passwordHash = await hashPassword(password);
    return prisma.$transaction(async (db) => {
      const { count } = await db.user.updateMany({ where: { id }, data: { passwordHash } });
      if (count > 0) await audit(db, actor, { action: "user.password", targetId: id, tenantId: null });
      return count > 0;
    });
  }

  return {
    async list({ q, after, limit }) {
      const email: Prisma.StringFilter = {
        ...(q === undefined ? {} : { contains: q.toLowerCase() }),
        ...(after === undefined ? {} : { gt: after }),
      };
      const rows = await prisma.user.findMany({ where: { email }, orderBy: { email: "asc" }, take: limit + 1 });
      const items = rows.slice(0, limit).map(userView);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.email ?? null) : null };
    },

    async get(id) {
      const row = await prisma.user.findUnique({ where: { id } });
      return row && userView(row);
    },

    async create(actor, { email, role, password }) {
      const weak = await weakness(password, email);
      if (weak) return weak;
      const generated = password === undefined ? generatePassword() : undefined;
      const passwordHash = await hashPassword(password ?? (generated as string));
      try {
        const user = await prisma.$transaction(async (db) => {
          const view = userView(await db.user.create({ data: { email, role, passwordHash } }));
          await audit(db, actor, { action: "user.create", targetId: view.id, tenantId: null, after: { ...view } });
          return view;
        });
        return { user, password: generated };
      } catch (error) {
        if (isUniqueViolation(error)) return "exists";
        throw error;
      }
    },

    async update(actor, id, { role, disabled }) {
      const changed = await prisma.$transaction(async (db) => {
        const admins = await lockAdmins(db);
        const before = await db.user.findUnique({ where: { id } });
        if (!before) return null;
        const stays = (role ?? before.role) === "admin" && !(disabled ?? before.disabledAt !== null);
        if (admins.length === 1 && admins[0] === id && !stays) return "last-admin" as const;
        const disabledAt = disabled === undefined ? before.disabledAt : disabled ? (before.disabledAt ?? new Date()) : null;
        if (before.role === (role ?? before.role) && before.disabledAt?.getTime() === disabledAt?.getTime()) return before;
        const after = await db.user.update({ where: { id }, data: { role, disabledAt } });
        await audit(db, actor, {
          action: "user.update",
          targetId: id,
          tenantId: null,
          before: { ...userView(before) },
          after: { ...userView(after) },
        });
        return after;
      });
      if (!changed || changed === "last-admin") return changed;
      // Also when nothing was new: the request may be a repetition, because the sessions could not be ended the first time.
      await endSessions(id);
      return userView(changed);
    },

    async resetPassword(actor, id, password) {
      const user = await prisma.user.findUnique({ where: { id }, select: { email: true } });
      if (!user) return null;
      const weak = await weakness(password, user.email);
      if (weak) return weak;
      const generated = password === undefined ? generatePassword() : undefined;
      if (!(await setPassword(actor, id, password ?? (generated as string)))) return null;
      await endSessions(id);
      return { password: generated };
    },

    async changePassword(actor, { userId, email, current, next, from, session }) {
      const proof = await credentials.prove({ email, password: current }, from, session !== undefined);
      if (proof.kind === "throttled") return { retryAfterSeconds: proof.retryAfterSeconds };
      if (proof.kind === "refused") return "wrong";
      const weak = await weakness(next, email);
      if (weak) return weak;
      await setPassword(actor, userId, next);
      await endSessions(userId, session);
      return "changed";
    },
  };
}

/** @param password undefined when one is generated */
async function weakness(password: string | undefined, email: string): Promise<Weak | undefined> {
  const fault = password === undefined ? undefined : await passwordFault(password, email);
  return fault === undefined ? undefined : { weak: fault };
}

/**
 * The enabled admins, locked until the transaction ends: of two that demote each other at once, the second waits and then sees
 * that it would be the last.
 */
async function lockAdmins(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE`;
  return rows.map(({ id }) => id);
}

function userView(row: User): UserView {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    disabledAt: row.disabledAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
