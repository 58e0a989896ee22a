import type { Session } from "@streamforge/shared";
import { ApiError, api, ok } from "./client.js";

/** Who is signed in; null when nobody is. */
export async function getSession(): Promise<Session | null> {
  try {
    return await ok(api.GET("/v1/session"));
  } catch (error) {
    if (error instanceof ApiError && error.failure.status === 401) return null;
    throw error;
  }
}

export const signIn = (credentials: { email: string; password: string }): Promise<Session> =>
  ok(api.POST("/v1/session", { body: credentials }));
export const signOut = () => ok(api.DELETE("/v1/session"));
