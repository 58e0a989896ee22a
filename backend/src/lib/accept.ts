/**
 * How welcome a media type is by an `Accept` header: the highest `q` of those named, 0 to 1. Only types that are spelled out count: a
 * wildcard is no wish for a special form.
 * @param types in lower case; several are names of one form
 */
export function qualityOf(accept: string | undefined, ...types: readonly string[]): number {
  if (accept === undefined) return 0;
  let best = 0;
  for (const range of accept.toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (!types.includes(type)) continue;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    best = Math.max(best, q === undefined ? 1 : Number(q.slice(2)) || 0);
  }
  return best;
}
