/** What the browser remembers between visits. Storage can be forbidden (private windows): that costs the memory alone. */

export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(`streamforge.${key}`);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`streamforge.${key}`, value);
  } catch {
    // See above.
  }
}
