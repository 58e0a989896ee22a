import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** At most the first 4 MiB. */
  text: string;
}

/** A client that sends paths, headers and bodies as they are, over a few connections that stay open. */
export function rawClient(apiUrl: string, connections = 8) {
  const { hostname, port } = new URL(apiUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = (method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer | string): Promise<RawAnswer> =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const sent = request({ hostname, port, agent, method, path, headers: { ...length, ...headers }, timeout: 60_000 }, (answer) => {
        let text = "";
        const done = () => resolve({ status: answer.statusCode as number, headers: answer.headers, text });
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          if (text.length < 4 * 1024 * 1024) text += chunk;
          // A live view never ends.
          if (!answer.headers["content-type"]?.startsWith("text/event-stream")) return;
          done();
          answer.destroy();
        });
        answer.once("end", done).once("error", reject);
      });
      sent.once("error", reject).once("timeout", () => sent.destroy(new Error(`${method} ${path} was not answered`)));
      sent.end(body);
    });

  return {
    send,
    /** Does the work for each item, as many at a time as there are connections. */
    async each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
      let next = 0;
      const worker = async (): Promise<void> => {
        while (next < items.length) await work(items[next++] as T);
      };
      await Promise.all(Array.from({ length: connections }, worker));
    },
    close: () => agent.destroy(),
  };
}
