import type { FastifyReply, FastifyRequest } from "fastify";

/** What `Prefer` (RFC 7240) says under this name, in lower case; undefined when it says nothing. */
export function prefers({ headers: { prefer } }: FastifyRequest, name: "handling" | "wait"): string | undefined {
  if (prefer === undefined) return undefined;
  for (const member of String(prefer).toLowerCase().split(/[,;]/)) {
    const [key, value = ""] = member.split("=", 2).map((part) => part.trim());
    if (key === name) return value.replaceAll('"', "");
  }
  return undefined;
}

/** Says in `Preference-Applied` which preference the answer follows. */
export function applied(reply: FastifyReply, preference: string): void {
  const before = reply.getHeader("Preference-Applied");
  reply.header("Preference-Applied", before === undefined ? preference : `${before}, ${preference}`);
}

/** A producer waits no longer than this, in seconds. */
export const MOST_WAIT_SECONDS = 30;

/** How long the producer wants to wait until its events are decided, in seconds; 0 when it does not, or does not say it in whole seconds. */
export function preferredWait(request: FastifyRequest): number {
  const sent = prefers(request, "wait");
  return sent !== undefined && /^\d{1,9}$/.test(sent) ? Math.min(MOST_WAIT_SECONDS, Number(sent)) : 0;
}
