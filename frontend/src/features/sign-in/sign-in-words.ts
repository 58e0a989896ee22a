import type { Failure } from "../../api/client.js";

/** Why signing in did not work, and what to do, in words. `waitSeconds`: when trying again makes sense. */
export interface SignInProblem {
  title: string;
  detail: string;
  waitSeconds?: number;
}

const DEFAULT_WAIT_SECONDS = 60;

/** Puts a failed sign-in into words. */
export function signInProblem(failure: Failure): SignInProblem {
  if (failure.status === 0) {
    return {
      title: "StreamForge does not answer",
      detail: "The server could not be reached. Is it running? Nothing is wrong with your password as far as we know.",
    };
  }
  if (failure.status === 401) {
    return { title: "E-mail or password is wrong", detail: "Check both and try again. Passwords distinguish capitals from small letters." };
  }
  if (failure.status === 429) {
    return {
      title: "Too many attempts",
      detail: "Sign-in is paused to slow down guessing.",
      waitSeconds: failure.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS,
    };
  }
  if (failure.status === 503) {
    return {
      title: "Sign-in is not possible right now",
      detail: failure.detail ?? "The server cannot reach one of its databases. Try again in a moment.",
      waitSeconds: failure.retryAfterSeconds,
    };
  }
  if (failure.status === 400) return { title: "Fill in both fields", detail: "An e-mail address and a password are needed." };
  const trace = failure.correlationId ? ` (correlation id ${failure.correlationId})` : "";
  return { title: failure.title, detail: `${failure.detail ?? `The server answered ${failure.status}.`}${trace}` };
}
