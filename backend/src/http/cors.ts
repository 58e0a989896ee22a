import type { FastifyCorsOptions } from "@fastify/cors";

/** What pages of other origins may do once their origin is allowed: all that a page of ours may. */
export function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    // Programs send no Origin: they get no CORS headers, which are for browsers alone. Closed unless configured, in development too:
    // a page on any port of this machine would read what the person signed in may see. The dashboard is served from here.
    origin: (origin, decide) => decide(null, origin === undefined ? false : [...origins]),
    credentials: true,
    // An OPTIONS that is no preflight is a question like any other.
    strictPreflight: false,
    maxAge: 600,
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: [
      ...["Authorization", "X-Api-Key", "X-Admin-Token", "X-Tenant-Id"],
      ...["Content-Type", "Content-Encoding", "Accept", "Prefer", "Idempotency-Key", "X-Idempotency-Key", "X-Stream-Offset"],
      ...["X-Correlation-Id", "traceparent", "tracestate", "baggage", "Cache-Control", "Last-Event-ID"],
    ],
    exposedHeaders: [
      ...["X-Correlation-Id", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Preference-Applied", "X-Shards"],
      ...["ETag", "Allow", "Accept", "Accept-Encoding", "WWW-Authenticate", "Content-Disposition", "traceresponse"],
    ],
  };
}
