// Initiates one replica set and waits for its primary: node init-replica-set.mjs <set> <host:port> [<host:port> ...]
// Written with the driver, since mongosh is neither in the backend's image nor on every machine that runs npm start.
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";

const WAIT_MS = 90_000;
const ALREADY_INITIALIZED = 23;

const [set, ...hosts] = process.argv.slice(2);
if (!set || hosts.length === 0) {
  console.error("usage: init-replica-sets.sh <set> <host:port> [<host:port> ...]");
  process.exit(2);
}

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

let last;
for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await sleep(500)) {
  const client = new MongoClient(`mongodb://${hosts[0]}/?directConnection=true`, { serverSelectionTimeoutMS: 3000 });
  try {
    const primary = await primaryOf(client.db("admin"));
    if (primary) {
      console.log(`${set}: primary is ${primary}`);
      process.exit(0);
    }
  } catch (error) {
    last = error;
  } finally {
    await client.close();
  }
}
console.error(`${set}: no primary after ${WAIT_MS / 1000} s (${last?.message ?? "election still runs"})`);
process.exit(1);
