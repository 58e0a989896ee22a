import { describe, expect, it } from "vitest";
import { networkOf, rangeFault } from "./addresses.js";

describe("a range of addresses", () => {
  it.each(["127.0.0.1", "10.0.0.0/8", "10.1.2.3/32", "::1", "fd00::/8", "2001:db8::7/128"])("may be %s", (text) => {
    expect(rangeFault(text)).toBeUndefined();
  });
  it.each([
    "1",
    "true",
    "loopback",
    "",
    "10.0.0.0/33",
    "10.0.0.0/0",
    "::/0",
    "::/129",
    "10.0.0.0/8/8",
    "10.0.0.0/",
    "fe80::1%lo",
    "10.0.0",
  ])("is not %j", (text) => {
    expect(rangeFault(text)).toEqual(expect.any(String));
  });
});

describe("the network of a client", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:1:2::ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1:0:0:1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
