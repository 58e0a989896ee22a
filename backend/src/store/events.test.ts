import { Buffer } from "node:buffer";
import { Binary } from "mongodb";
import { describe, expect, test } from "vitest";
import { failureOf, Proofs } from "./events.js";

const bytes = (text: string) => new Binary(Buffer.from(text.padEnd(8)));
const proof = (receipt: string, hash: string) => ({ receipt: bytes(receipt), hash: bytes(hash), byReplay: false });

describe("proofs of one _id on several shards", () => {
  const proofs = new Proofs();
  proofs.add("id", proof("of-ann", "body-ann"));
  proofs.add("id", proof("of-bob", "body-bob"));

  test("the own receipt comes first, then the same body, then any", () => {
    const of = (receipt: string, hash: string) => proofs.of("id", { receipt: Buffer.from(receipt.padEnd(8)), hash: bytes(hash) })?.receipt;
    expect(of("of-ann", "body-bob")).toEqual(bytes("of-ann"));
    expect(of("of-bob", "body-bob")).toEqual(bytes("of-bob"));
    expect(of("another", "body-bob")).toEqual(bytes("of-bob"));
    expect(of("another", "body-eve")).toEqual(bytes("of-ann"));
    expect(proofs.of("other", proof("of-ann", "body-ann"))).toBeUndefined();
  });
});

// Names and codes as MongoDB's error_codes.yml has them.
describe("what a write error says", () => {
  test.each([
    ["exists", { DuplicateKey: 11000 }],
    ["refused", { InvalidBSON: 22, DollarPrefixedFieldName: 52, DocumentValidationFailure: 121, BSONObjectTooLarge: 10334 }],
    [
      "infrastructure",
      {
        HostUnreachable: 6,
        HostNotFound: 7,
        LockTimeout: 24,
        MaxTimeMSExpired: 50,
        StaleShardVersion: 63,
        WriteConcernFailed: 64,
        ShardNotFound: 70,
        NoProgressMade: 82,
        NetworkTimeout: 89,
        ShutdownInProgress: 91,
        WriteConflict: 112,
        ConflictingOperationInProgress: 117,
        FailedToSatisfyReadPreference: 133,
        StaleEpoch: 150,
        PrimarySteppedDown: 189,
        StaleDbVersion: 249,
        ExceededTimeLimit: 262,
        TemporarilyUnavailable: 365,
        NotWritablePrimary: 10107,
        InterruptedAtShutdown: 11600,
        StaleConfig: 13388,
        NotPrimaryNoSecondaryOk: 13435,
        OutOfDiskSpace: 14031,
      },
    ],
    ["failed", { InternalError: 1, UnknownError: 8, CannotInsertIntoTimeSeries: 999_999 }],
  ] as const)("%s", (kind, codes) => {
    for (const [name, code] of Object.entries(codes)) expect(failureOf(code, name).kind, name).toBe(kind);
  });
});
