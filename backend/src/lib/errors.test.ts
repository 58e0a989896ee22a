import { expect, it } from "vitest";
import { outageOf, StorageUnavailableError, sayOutage } from "./errors.js";
import { within } from "./within.js";

const named = (name: string, message = "x", fields: object = {}): Error => Object.assign(new Error(message), { name }, fields);
const withCause = (cause: unknown): object => ({ cause });

const OUTAGES: [string, Error][] = [
  ["redis", named("Error", "Connection is closed.")],
  ["redis", named("Error", "Stream isn't writeable and enableOfflineQueue options is false")],
  ["redis", named("MaxRetriesPerRequestError", "Reached the max retries per request limit (which is 0).")],
  ["redis", named("ReplyError", "LOADING Redis is loading the dataset in memory")],
  ["redis", named("ReplyError", "MISCONF Redis is configured to save RDB snapshots")],
  ["mongodb", named("MongoNetworkTimeoutError")],
  ["mongodb", named("MongoServerSelectionError")],
  ["mongodb", named("PoolClearedOnNetworkError")],
  ["mongodb", named("MongoServerError", "not primary", { code: 10107 })],
  ["mongodb", named("MongoServerError", "unknown to everybody", { code: 99_999 })],
  ["postgres", named("PrismaClientKnownRequestError", "x", { code: "P1001" })],
  ["postgres", named("PrismaClientKnownRequestError", "x", { code: "P2024" })],
  ["postgres", named("PrismaClientInitializationError")],
  [
    "postgres",
    named("PrismaClientKnownRequestError", "Raw query failed", {
      code: "P2010",
      meta: { driverAdapterError: named("DriverAdapterError", "DatabaseNotReachable", withCause({ kind: "DatabaseNotReachable" })) },
    }),
  ],
  ["postgres", named("DriverAdapterError", "x", withCause({ kind: "postgres", originalCode: "57P01" }))],
  ["postgres", named("Error", "Connection terminated unexpectedly")],
  ["postgres", named("Error", "Query read timeout")],
  ["postgres", named("error", "the database system is starting up", { code: "57P03" })],
  ["postgres", named("AggregateError", "", { code: "ECONNREFUSED" })],
];

it.each(OUTAGES)("%s is away: %s", (store, error) => {
  expect(outageOf(error)?.store).toBe(store);
});

const NO_OUTAGES: Error[] = [
  new TypeError("Cannot read properties of undefined (reading 'type')"),
  new Error("the connection of two events is missing"),
  named("BSONError", "BSON Regex patterns cannot contain null bytes"),
  named("MongoInvalidArgumentError"),
  named("MongoServerError", "Regular expression cannot contain an embedded null byte", { code: 51091 }),
  named("ReplyError", "WRONGTYPE Operation against a key holding the wrong kind of value"),
  named("ReplyError", "ERR value is not an integer or out of range"),
  named("PrismaClientKnownRequestError", "x", { code: "P2002" }),
  named("PrismaClientKnownRequestError", "Raw query failed", {
    code: "P2010",
    meta: {
      driverAdapterError: named("DriverAdapterError", "InvalidInputValue", withCause({ kind: "InvalidInputValue", originalCode: "22P02" })),
    },
  }),
  named("PrismaClientUnknownRequestError", "invalid byte sequence for encoding"),
];

it.each(NO_OUTAGES)("no outage: %s", (error) => {
  expect(outageOf(error)).toBeUndefined();
});

it("names the store that did not answer in time, and lets a caller say it in words", async () => {
  const late = await within(1, "Redis", new Promise(() => {}))
    .catch(sayOutage("Redis does not answer, so nothing was done"))
    .catch(String);
  expect(late).toBe("StorageUnavailableError: Redis does not answer, so nothing was done");
  const wrong = new TypeError("a mistake of ours");
  expect(() => sayOutage("Redis does not answer")(wrong)).toThrow(wrong);
  expect(() => sayOutage("said")(new StorageUnavailableError("postgres", "x"))).toThrow("said");
});
