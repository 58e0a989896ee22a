import { connect, createServer } from "node:net";

/**
 * Asks the system for a free loopback port.
 * @returns a port that was free a moment ago; anyone who binds it later must still expect to lose the race
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Tells whether a port can be bound now.
 * @param host address to bind, loopback by default
 */
export function portIsFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/**
 * Opens a loopback connection, sends `request` and gives the first bytes of the answer as text.
 * @returns "" when nothing listens, or nothing was answered within a second; with an empty request "open" once connected
 */
export function ask(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const finish = (answer: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => finish(""));
    socket.once("error", () => finish(""));
    socket.once("connect", () => (request === "" ? finish("open") : socket.write(request)));
    socket.once("data", (bytes) => finish(bytes.toString("latin1")));
  });
}
