// Initiates one replica set, waits for its primary and makes StreamForge's own user:
//   node init-replica-set.mjs <set> <host:port> [<host:port> ...]
// MONGODB_KEY is what stands in the members' key file (unset: they ask for no password), MONGODB_PASSWORD the user's password.
// Written with the driver, since mongosh is neither in the backend's image nor on every machine that runs npm start.
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";

const WAIT_MS = 90_000;
const ALREADY_INITIALIZED = 23;
const USER_EXISTS = 51003;

const [set, ...hosts] = process.argv.slice(2);
if (!set || hosts.length === 0) {
  console.error("usage: init-replica-sets.sh <set> <host:port> [<host:port> ...]");
  process.exit(2);
}
const { MONGODB_KEY: key, MONGODB_PASSWORD: pwd, MONGODB_DATABASE: database = "streamforge" } = process.env;
/** The members' own user, by what is in their key file: there may be no other yet. */
const asMember = key ? { auth: { username: "__system", password: key }, authSource: "local" } : {};

/** One step towards a primary. */
async function primaryOf(admin) {
  const hello = await admin.command({ hello: 1 });
  if (hello.setName && hello.setName !== set) throw new Error(`${hosts[0]} belongs to the set ${hello.setName}, not ${set}`);
  if (hello.primary) return hello.primary;
  if (!hello.setName) {
    const members = hosts.map((host, _id) => ({ _id, host }));
    await admin.command({ replSetInitiate: { _id: set, members } }).catch((error) => {
      // Another one-shot was faster, or its answer was lost.
      if (error.code !== ALREADY_INITIALIZED) throw error;
    });
  }
  return undefined;
}

/** `dbAdmin` for `collMod`: a changed time to keep is a changed index. Repeated, it sets the password again. */
async function makeUser(admin) {
  const roles = ["readWrite", "dbAdmin"].map((role) => ({ role, db: database }));
  const user = { pwd, roles, mechanisms: ["SCRAM-SHA-256"] };
  await admin.command({ createUser: "streamforge", ...user }).catch((error) => {
    if (error.code !== USER_EXISTS) throw error;
    return admin.command({ updateUser: "streamforge", ...user });
  });
}

/** Runs `work` with the database `admin` of one member, or of the set's primary. */
async function withAdmin(places, options, work) {
  const client = new MongoClient(`mongodb://${places.join(",")}/`, { ...options, ...asMember, serverSelectionTimeoutMS: 3000 });
  try {
    return await work(client.db("admin"));
  } finally {
    await client.close();
  }
}

let last;
for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await sleep(500)) {
  try {
    const primary = await withAdmin([hosts[0]], { directConnection: true }, primaryOf);
    if (primary) {
      if (key && pwd) await withAdmin(hosts, { replicaSet: set }, makeUser);
      console.log(`${set}: primary is ${primary}`);
      process.exit(0);
    }
  } catch (error) {
    last = error;
  }
}
console.error(`${set}: no primary after ${WAIT_MS / 1000} s (${last?.message ?? "election still runs"})`);
process.exit(1);
