import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { patience } from "./yardstick.js";

/** An upload whose answer is read while it is sent. */
export interface Duplex {
  send(bytes: string | Uint8Array): Promise<void>;
  /** Says that nothing more comes. */
  finish(): void;
  /** The next line of the answer; undefined at its end, and when it broke off. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into lines of every shape
  next(): Promise<any>;
  /** All lines that have not been taken yet, to the end of the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  rest(): Promise<any[]>;
  /** Ends the connection without a word. */
  breakOff(): void;
  /** Stops reading the answer, and reads on. */
  pause(): void;
  resume(): void;
  /** When the head of the answer is there. */
  response: Promise<IncomingMessage>;
  request: ClientRequest;
}

/** Opens `/v1/ingest/stream` in both directions. */
export function openDuplex(url: string, key: string, headers: Record<string, string | number> = {}): Duplex {
  const sent = request(`${url}/v1/ingest/stream`, {
    method: "POST",
    agent: false,
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/x-ndjson",
      accept: "application/x-ndjson",
      "transfer-encoding": "chunked",
      ...headers,
    },
  });
  const lines: string[] = [];
  let part = "";
  let over = false;
  let wake = (): void => {};
  let answer: IncomingMessage | undefined;
  const end = (): void => {
    over = true;
    wake();
  };
  sent.on("error", end).on("close", end);
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (message) => {
      answer = message.setEncoding("utf8");
      message.on("data", (text: string) => {
        const whole = (part + text).split("\n");
        part = whole.pop() as string;
        lines.push(...whole);
        wake();
      });
      message.on("error", () => {}).on("close", end);
      resolve(message);
    });
  });
  response.catch(() => {});
  sent.flushHeaders();

  const next = async (): Promise<unknown> => {
    const until = Date.now() + patience(30_000);
    while (lines.length === 0 && !over) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        timer = setTimeout(() => reject(new Error("no line came")), until - Date.now());
      }).finally(() => clearTimeout(timer));
    }
    const line = lines.shift();
    return line === undefined ? undefined : JSON.parse(line);
  };
  return {
    send: (bytes) =>
      new Promise((resolve) => {
        if (sent.destroyed || sent.write(bytes)) return resolve();
        const done = (): void => {
          sent.off("drain", done).off("close", done);
          resolve();
        };
        sent.on("drain", done).on("close", done);
      }),
    finish: () => void sent.end(),
    next,
    async rest() {
      const all: unknown[] = [];
      for (let line = await next(); line !== undefined; line = await next()) all.push(line);
      return all;
    },
    breakOff: () => void sent.destroy(),
    pause: () => void answer?.pause(),
    resume: () => void answer?.resume(),
    response,
    request: sent,
  };
}
