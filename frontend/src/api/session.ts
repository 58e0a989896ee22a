import type { Session } from "@streamforge/shared";
import { ApiError, call } from "./client.js";

/** Who is signed in; null when nobody is. */
export async function getSession(): Promise<Session | null> {
  try {
    return await call<Session>("GET", "/v1/session");
  } catch (error) {
    if (error instanceof ApiError && error.failure.status === 401) return null;
    throw error;
  }
}

export const signIn = (credentials: { email: string; password: string }) => call<Session>("POST", "/v1/session", credentials);
export const signOut = () => call<void>("DELETE", "/v1/session");
