import type { Problem } from "@streamforge/shared";
import { inLine, printableInLine } from "./printable.js";

/** Where the API is, and the headers that say who asks. */
export interface ApiAccess {
  url: string;
  credential?: Record<string, string>;
  /** Answers are made into text: no string of them may be more than a part of its line. As JSON they stay what they are. */
  shownAsText?: boolean;
}

/**
 * One request to the API.
 * @param body a value, or JSON text
 * @throws Error in one sentence that names the fix: nothing answers, the credential is wrong, or what the problem says
 */
export async function callApi<T>(
  { url, credential, shownAsText }: ApiAccess,
  method: string,
  path: string,
  body?: object | string,
): Promise<T> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { accept: "application/json", ...credential, ...(body && { "content-type": "application/json" }) },
    body: typeof body === "object" ? JSON.stringify(body) : body,
    signal: AbortSignal.timeout(15_000),
  }).catch(() => {
    throw new Error(`No StreamForge answers at ${url}. Start it with npm start, or name the right address with --url or STREAMFORGE_URL.`);
  });
  const answer = (await response.json().catch(() => undefined)) as unknown;
  if (response.ok && answer !== undefined) return (shownAsText ? inLine(answer) : answer) as T;
  const problem = answer as Partial<Problem> | undefined;
  if (response.status === 401)
    throw new Error(
      credential
        ? `The server at ${url} does not accept this credential. ADMIN_TOKEN (or --admin-token) must be the one that the server was started with.`
        : `The server at ${url} wants a credential. Set ADMIN_TOKEN to the server's (or pass --admin-token), or pass --api-key with a key that has the scope admin.`,
    );
  // Names in it are anybody's.
  throw new Error(
    printableInLine(problem?.detail ?? problem?.title ?? `${method} ${path} was answered ${response.status}; is ${url} a StreamForge?`),
  );
}
