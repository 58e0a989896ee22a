/** @param traceparent as W3C has it @returns the trace's id */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return /^00-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1];
}

/** @returns undefined when there is nothing to link to; the server takes only http and https for a template */
export function traceUrlOf(template: string | null | undefined, traceId: string | undefined): string | undefined {
  return template && traceId ? template.replaceAll("{traceId}", traceId) : undefined;
}
