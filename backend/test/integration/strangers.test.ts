import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

/** Sends all of them in one piece, and reads until the server ends the connection. @returns all answers as text */
function pipelined(requests: string[]): Promise<string> {
  const { hostname, port } = new URL(stack.apiUrl);
  const socket = connect(Number(port), hostname, () => socket.write(requests.join("")));
  let answers = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answers += text;
  });
  return new Promise((done) => socket.on("error", () => {}).on("close", () => done(answers)));
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: here\r\n${more}\r\n`;

test("fifty pipelined requests of a stranger are answered, in their order", async () => {
  const paths = Array.from({ length: 50 }, (_, n) => `/nothing-${n}`);
  const answers = await pipelined([...paths.slice(1).map((path) => get(path)), get("/nothing-0", "Connection: close\r\n")]);
  const instances = [...answers.matchAll(/"instance":"(\/nothing-\d+)"/g)].map(([, path]) => path);
  expect(instances).toEqual([...paths.slice(1), "/nothing-0"]);
});

test("a stranger who pipelines without end loses the connection", async () => {
  const answers = await pipelined(Array.from({ length: 2_000 }, (_, n) => get(`/nothing-${n}`)));
  expect(answers.split("HTTP/1.1 404").length).toBeLessThan(500);
});
