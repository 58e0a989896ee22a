import type { FastifyReply, FastifyRequest } from "fastify";
import { NDJSON_TYPES } from "../ingest/decode/media-types.js";
import { qualityOf } from "../lib/accept.js";
import { nowKnown } from "./strangers.js";
import { lingerAfterAnswer } from "./unread.js";

/** An answer in lines, written while the request is still read. */
export interface AnswerLines {
  /** Whether the answer has begun; before that it may still be any other one. */
  begun(): boolean;
  /**
   * Writes a line for each value. Resolves when the client has taken what was written, or is past helping: it left, or `release` was
   * called. A client that takes nothing for `stallMs` is disconnected.
   */
  write(values: object[]): Promise<void>;
  /** From now on nothing waits for the client; what is still written is bounded by the one who writes it. */
  release(): void;
  /** Writes the last line and ends the answer. */
  end(value: object): void;
}

export interface AnswerLinesOptions {
  stallMs: number;
  /** Told when a client is disconnected because it does not read. */
  onStall: () => void;
}

/** Whether the client asks for a line per item (`Accept: application/x-ndjson`); a wildcard does not. */
export function wantsLines({ headers: { accept } }: FastifyRequest): boolean {
  return qualityOf(accept, ...NDJSON_TYPES) > 0;
}

/**
 * The answer begins with its first line: what goes wrong before has the status of a problem, what goes wrong later stands in the
 * last line. Its connection ends with it, because the request may not be read to its end.
 */
export function answerInLines(request: FastifyRequest, reply: FastifyReply, { stallMs, onStall }: AnswerLinesOptions): AnswerLines {
  const { raw } = reply;
  let released = false;
  let resume = (): void => {};
  let stalled: NodeJS.Timeout | undefined;
  const disconnectLater = (): void => {
    stalled = setTimeout(() => {
      onStall();
      raw.destroy();
    }, stallMs);
    stalled.unref();
  };

  const begin = (): void => {
    if (raw.headersSent) return;
    nowKnown(request.raw.socket);
    reply.hijack();
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "Content-Type": "application/x-ndjson; charset=utf-8",
      "Cache-Control": "no-store",
      // For proxies that would gather the lines.
      "X-Accel-Buffering": "no",
      Connection: "close",
    });
    for (const event of ["drain", "close"]) raw.on(event, () => resume());
    raw.on("error", () => resume());
  };
  const taken = (): Promise<void> =>
    new Promise((resolve) => {
      resume = () => {
        clearTimeout(stalled);
        resolve();
      };
      disconnectLater();
    });

  return {
    begun: () => raw.headersSent,
    async write(values) {
      if (values.length === 0 || raw.destroyed) return;
      begin();
      const full = !raw.write(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
      if (full && !released) await taken();
    },
    release() {
      released = true;
      resume();
    },
    end(value) {
      if (raw.destroyed) return;
      begin();
      if (!request.raw.complete) lingerAfterAnswer(request.raw);
      disconnectLater();
      raw.once("close", () => clearTimeout(stalled));
      raw.end(`${JSON.stringify(value)}\n`);
    },
  };
}
