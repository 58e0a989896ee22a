import { connect, type Socket } from "node:net";

export interface Wire {
  /** Sends one whole request; the connection must have no other under way. */
  send(request: Buffer): void;
  close(): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");
/** One for all connections: `onread` hands it over and gets it back before the next read. */
const shared = Buffer.alloc(256 * 1024);

/**
 * A keep-alive HTTP/1.1 connection for requests that were built before, with just enough of a parser for answers that have a
 * Content-Length. Measured against undici it costs about a third per request, and the generator's CPU is part of the figure.
 * @param onAnswer called with the status when an answer is complete
 * @param onLost called when the connection ended without our doing; what was under way was not answered
 */
export function openWire(host: string, port: number, onAnswer: (status: number) => void, onLost: () => void): Promise<Wire> {
  let head: Buffer | undefined;
  let status = 0;
  let left = 0;
  let closed = false;

  const finish = (): void => {
    const answered = status;
    status = 0;
    onAnswer(answered);
  };
  const read = (size: number, buffer: Uint8Array): boolean => {
    let bytes = buffer.subarray(0, size) as Buffer;
    if (status !== 0) {
      left -= bytes.length;
    } else {
      if (head) bytes = Buffer.concat([head, bytes]);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        head = Buffer.from(bytes);
        return true;
      }
      head = undefined;
      const lines = bytes.toString("latin1", 0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(lines);
      if (!length) throw new Error(`an answer without Content-Length: ${lines}`);
      status = Number(lines.slice(9, 12));
      left = Number(length[1]) - (bytes.length - end - 4);
    }
    if (left === 0) finish();
    return true;
  };

  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port, noDelay: true, onread: { buffer: shared, callback: read } });
    socket.once("connect", () =>
      resolve({
        send: (request) => void socket.write(request),
        close() {
          closed = true;
          socket.destroy();
        },
      }),
    );
    let connected = false;
    socket.once("connect", () => {
      connected = true;
    });
    // "close" follows every error.
    socket.on("error", reject);
    socket.on("close", () => {
      if (connected && !closed) onLost();
    });
  });
}
