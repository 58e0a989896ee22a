import { APP } from "./private.js";

/** Statements of one line each for the database `postgres`: who there is, and what everybody else loses. */
export const ROLES = (admin: string, app: string): string[] => [
  `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${APP}') THEN CREATE ROLE ${APP}; END IF; END $$`,
  `ALTER ROLE ${APP} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '${app}'`,
  `ALTER ROLE postgres PASSWORD '${admin}'`,
  `ALTER DATABASE ${APP} OWNER TO ${APP}`,
  `REVOKE ALL ON DATABASE postgres, template1, ${APP} FROM PUBLIC`,
];

const own = (what: string, from: string) =>
  `DO $$ DECLARE one text; BEGIN FOR one IN ${from} LOOP EXECUTE 'ALTER ${what} ' || one || ' OWNER TO ${APP}'; END LOOP; END $$`;

/** A sequence of a column follows its table and cannot be given away alone. */
const INDEPENDENT =
  "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))";

/** Statements for the database `streamforge`: what is in it belongs to its owner, also what an older version made as superuser. */
export const OWN_DATABASE: string[] = [
  `ALTER SCHEMA public OWNER TO ${APP}`,
  own(
    "TABLE",
    "SELECT format('public.%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')",
  ),
  own(
    "SEQUENCE",
    `SELECT format('public.%I', relname) FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND ${INDEPENDENT}`,
  ),
  own("TYPE", "SELECT format('public.%I', typname) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"),
  own("ROUTINE", "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"),
];
