import { printable } from "./printable.js";

const POLL_MS = 500;

/**
 * Asks until something long is over, and tells on stderr how far it is.
 * @param tell a line of progress; undefined when it is over
 */
export async function follow<T>(look: () => Promise<T>, tell: (found: T) => string | undefined): Promise<T> {
  for (let told = ""; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const found = await look();
    const line = tell(found);
    if (line === undefined) return found;
    if (line !== told) console.error(printable(line));
    told = line;
  }
}
