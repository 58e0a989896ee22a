/**
 * Search parameters are plain strings: `?type=42` stays the type "42", and a URL can be written by hand. TanStack Router's own
 * form is JSON, which reads it as a number and writes quotes around strings that look like one.
 */

export const parseSearch = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search));

/** @param search values that are undefined or empty are left out */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
