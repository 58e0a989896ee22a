import type { StreamSummary } from "@streamforge/shared";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Admission } from "../admission/admission.js";
import type { Config } from "../config.js";
import { charsetOf, STREAMED_TYPES } from "../ingest/decode/media-types.js";
import type { Ingest } from "../ingest/ingest.js";
import { ingestStream, type StreamEnd } from "../ingest/stream.js";
import { reportFault } from "../lib/faults.js";
import type { IngestMetrics } from "../telemetry/metrics.js";
import { answerInLines, wantsLines } from "./answer-lines.js";
import { callerOf } from "./auth.js";
import type { BodyReader } from "./body.js";
import { countSummary, sendSummary, unusedKeyNote } from "./event-answers.js";
import { decoderOf, scopeOf } from "./event-body.js";
import { unsupportedType } from "./json-bodies.js";
import { ProblemError, problem, problemDocument } from "./problems.js";
import type { RateLimits } from "./rate-limits.js";
import { asProblem, sendProblem } from "./refusals.js";
import { beginAppend, endStream } from "./request-traces.js";

export interface StreamUploadDeps {
  ingest: Ingest;
  bodies: BodyReader;
  limits: Pick<RateLimits, "pace">;
  admission: Pick<Admission, "refusal" | "sizes">;
  /** Redis's clock, ms. */
  now: () => number;
  config: Pick<Config, "ANSWER_STALL_TIMEOUT_MS">;
  metrics: IngestMetrics;
}

/** `POST /v1/ingest/stream`: one summary at the end, or a line per item as it is decided. */
export async function receiveStream(deps: StreamUploadDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { config, metrics } = deps;
  const { refusal, sizes } = deps.admission;
  const decoder = decoderOf(request);
  if (!decoder?.stream) throw unsupportedType(request, STREAMED_TYPES);
  const sent = request.headers["x-stream-offset"] ?? "0";
  if (!/^\d{1,15}$/.test(String(sent))) throw problem("invalid-request", "X-Stream-Offset must be a number of bytes.");
  beginAppend(request);
  const scope = { ...scopeOf(deps, request, decoder.format), several: true };
  const splitter = decoder.stream({
    offset: Number(sent),
    maxEventBytes: sizes.maxEventBytes,
    charset: charsetOf(request.headers["content-type"]),
  });
  const chunks = deps.bodies.chunks(request.raw, callerOf(request), sizes.maxStreamBytes);
  const lines = wantsLines(request)
    ? answerInLines(request, reply, { stallMs: config.ANSWER_STALL_TIMEOUT_MS, onStall: () => metrics.stalled.inc() })
    : undefined;
  if (lines) chunks.whenGivenUp(lines.release);
  const end = await ingestStream(chunks, {
    ingest: deps.ingest,
    scope,
    splitter,
    maxBytes: sizes.maxStreamBytes,
    allResults: (request.query as { results?: string }).results === "all",
    pace: (events) => deps.limits.pace(request, events),
    holds: chunks.holds,
    now: deps.now,
    refusal,
    ...(lines ? { decided: lines.write } : {}),
  });
  endStream(request, end.summary);
  countSummary(metrics, end.summary);
  const summary = withNote(end);
  const ending = problemOf(end);
  if (ending) metrics.rejected.inc({ code: ending.code });
  if (lines?.begun() || (lines && !ending)) {
    lines.end(ending ? { summary, problem: problemDocument(ending, request.url.split("?")[0] as string, request.id) } : { summary });
    return reply;
  }
  if (!ending) return sendSummary(request, reply, summary, summary);
  return sendProblem(request, reply, problem(ending.code, ending.message, { ...summary }, ending.headers));
}

function withNote({ summary, keysUnused }: StreamEnd): StreamSummary {
  if (keysUnused === 0) return summary;
  const { accepted, duplicates, conflicts, rejected, retry } = summary;
  return { ...summary, detail: unusedKeyNote(keysUnused, accepted + duplicates + conflicts + rejected + retry) };
}

/** What ended the stream before its end, if anything did. */
function problemOf({ problem: ending, failure }: StreamEnd): ProblemError | undefined {
  if (ending) return problem(ending.code, ending.detail);
  if (failure === undefined || failure instanceof ProblemError) return failure;
  reportFault("request", failure);
  return asProblem(failure as FastifyError);
}
