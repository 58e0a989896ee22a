import { type ProblemError, problem } from "./problems.js";

/** A quota and its window. */
export interface Policy {
  name: string;
  quota: number;
  windowSeconds: number;
}

/** As the IETF's draft on RateLimit fields has them. */
export function limitHeaders({ name, quota, windowSeconds }: Policy, remaining: number, resetSeconds: number) {
  return { "RateLimit-Policy": `"${name}";q=${quota};w=${windowSeconds}`, RateLimit: `"${name}";r=${remaining};t=${resetSeconds}` };
}

/** The 429 of what is not on the path of an event, with the headers that every 429 has. */
export function rateLimited(detail: string, policy: Policy, waitSeconds: number): ProblemError {
  const seconds = Math.max(1, Math.ceil(waitSeconds));
  return problem("rate-limited", detail, {}, { ...limitHeaders(policy, 0, seconds), "Retry-After": String(seconds) });
}
