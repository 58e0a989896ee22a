import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nowKnown, strangersInTurns } from "./strangers.js";

/** The turn of the event loop in which each request began. */
let began: { path: string; turn: number }[];
let turn: number;
let counting: NodeJS.Immediate;
let server: Server;
const sockets: Socket[] = [];
/** What its server does with the first request of a connection. */
let onFirst: (socket: Socket) => void;

beforeEach(async () => {
  [began, turn, onFirst] = [[], 0, () => {}];
  const count = (): void => {
    turn++;
    counting = setImmediate(count);
  };
  server = createServer((request, response) => {
    began.push({ path: request.url as string, turn });
    if (request.url?.endsWith("/0")) onFirst(request.socket);
    response.end();
  });
  strangersInTurns(server);
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  count();
});
afterEach(() => {
  clearImmediate(counting);
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** Sends requests in one piece. */
function pipeline(name: string, count: number): void {
  const { port } = server.address() as AddressInfo;
  const text = Array.from({ length: count }, (_, n) => `GET /${name}/${n} HTTP/1.1\r\nHost: x\r\n\r\n`).join("");
  const socket = connect(port, "127.0.0.1", () => socket.write(text));
  sockets.push(socket.on("error", () => {}).resume());
}
const arrived = async (count: number, name = ""): Promise<void> => {
  for (let tries = 0; turnsOf(name).length < count; tries++) {
    if (tries > 5_000) throw new Error(`${turnsOf(name).length} of ${count} began`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
const turnsOf = (name: string) => began.filter(({ path }) => path.startsWith(`/${name}`)).map((one) => one.turn);
const mostInATurn = (): number => Math.max(...[...Map.groupBy(began, (one) => one.turn).values()].map((all) => all.length));

it("strangers begin eight in a turn, each connection in its order, none left out", async () => {
  for (let n = 0; n < 20; n++) pipeline(`c${n}`, 10);
  await arrived(200);
  expect(mostInATurn()).toBeLessThanOrEqual(8);
  for (let n = 0; n < 20; n++) {
    const own = began.filter(({ path }) => path.startsWith(`/c${n}/`)).map(({ path }) => path);
    expect(own).toEqual(Array.from({ length: 10 }, (_, k) => `/c${n}/${k}`));
  }
});

it("what waited on a connection begins at once when its credential was good", async () => {
  onFirst = nowKnown;
  pipeline("known", 100);
  await arrived(100);
  const turns = turnsOf("known");
  expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(2);
  pipeline("stranger", 9);
  await arrived(109);
});

it("a connection that waits with more than a hundred is closed, and the others are served", async () => {
  pipeline("greedy", 1_000);
  pipeline("modest", 5);
  await arrived(5, "modest");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(turnsOf("greedy").length).toBeLessThan(200);
});
