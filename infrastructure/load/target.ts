import { isIP } from "node:net";

/** Where a load tool sends to, and with which key. */
export interface Target {
  url: string;
  apiKey: string;
}

export interface TargetOptions {
  url?: string;
  key?: string;
  allowRemote?: boolean;
}

const DEFAULT_URL = "http://127.0.0.1:3001";

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/**
 * The target that is meant: what was named, else what `npm start` runs here (npm scripts put its address and key into the
 * environment).
 * @throws Error in one sentence when there is no key, or the target is another machine and nobody said that this is meant
 */
export function resolveTarget({ url, key, allowRemote }: TargetOptions): Target {
  const named = url ?? process.env["STREAMFORGE_URL"] ?? DEFAULT_URL;
  const apiKey = key ?? process.env["STREAMFORGE_KEY"] ?? "";
  const { hostname, origin } = new URL(named);
  if (!isLoopback(hostname) && !allowRemote) {
    throw new Error(`${origin} is another machine; add --allow-remote when its owner knows about this load.`);
  }
  if (apiKey === "") throw new Error("There is no API key: start StreamForge here with npm start, or give --key (or STREAMFORGE_KEY).");
  return { url: origin, apiKey };
}

/** Fails early and in words: a wrong key must not become a thousand 401s. */
export async function checkTarget({ url, apiKey }: Target): Promise<void> {
  const response = await fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    // An empty array is answered 202 with zeros and leaves nothing behind.
    body: "[]",
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => {
    throw new Error(
      `No StreamForge answers at ${url} (${(error.cause as Error | undefined)?.message ?? error.message}); start it with npm start.`,
    );
  });
  const text = await response.text();
  if (response.status === 401 || response.status === 403) throw new Error(`${url} refuses this API key (${response.status}).`);
  if (response.status === 404) throw new Error(`${url} knows no /v1/events; is it a StreamForge?`);
  if (response.status >= 400 && response.status !== 429 && response.status !== 503)
    throw new Error(`${url} answered ${response.status}: ${text}`);
}
