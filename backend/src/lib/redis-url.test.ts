import { expect, test } from "vitest";
import { parseRedisUrl } from "./redis-url.js";

test("a server, Sentinels, a cluster; with user, password, database and TLS", () => {
  expect(parseRedisUrl("redis://127.0.0.1")).toEqual({ kind: "server", nodes: [{ host: "127.0.0.1", port: 6379 }], db: 0, tls: false });
  expect(parseRedisUrl("rediss://u:p%40ss@redis.example:6380/3")).toEqual({
    kind: "server",
    nodes: [{ host: "redis.example", port: 6380 }],
    db: 3,
    tls: true,
    username: "u",
    password: "p@ss",
  });
  expect(parseRedisUrl("redis://:secret@[::1]:1")).toMatchObject({ nodes: [{ host: "::1", port: 1 }], password: "secret" });
  expect(parseRedisUrl("redis://u:a:b@h")).toMatchObject({ username: "u", password: "a:b" });
  expect(() => parseRedisUrl("redis://u:100%@h")).toThrow("write %25");
  expect(parseRedisUrl("redis-sentinel://u:p@a,b:27000/main/1?sentinelPassword=s")).toEqual({
    kind: "sentinel",
    nodes: [
      { host: "a", port: 26_379 },
      { host: "b", port: 27_000 },
    ],
    master: "main",
    db: 1,
    tls: false,
    username: "u",
    password: "p",
    sentinelPassword: "s",
  });
  for (const url of ["rediss-cluster://a:1,b", "rediss+cluster://a:1,b"])
    expect(parseRedisUrl(url)).toMatchObject({
      kind: "cluster",
      tls: true,
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 6379 },
      ],
    });
});

test.each([
  ["localhost:6379", "must be like redis://host:port"],
  ["http://localhost", "must be like"],
  ["", "must be like"],
  ["redis://a,b", "write redis-cluster://a,b"],
  ["redis-sentinel://a,b", "name of the master"],
  ["redis-cluster://a/1", "a cluster has only one"],
  ["redis://a/x", "number of a database"],
  ["redis://a:99999", "no host:port"],
  ["redis-cluster://a,,b", "no host:port"],
  ["redis://a?x=1", 'has "x" behind its "?"'],
  ["redis-sentinel://a/m?password=1", "only sentinelUsername"],
])("%s is refused in one sentence, which has no password", (url, says) => {
  const withPassword = url.replace("://", "://user:secret@");
  expect(() => parseRedisUrl(withPassword)).toThrow(says);
  expect(() => parseRedisUrl(withPassword)).not.toThrow("secret");
});
