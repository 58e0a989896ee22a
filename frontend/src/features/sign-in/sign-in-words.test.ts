import { expect, it } from "vitest";
import { signInProblem } from "./sign-in-words.js";

const failure = (status: number, more = {}) => ({ status, code: "x", title: "Title", ...more });

it("does not blame the password when nobody answered", () => expect(signInProblem(failure(0)).title).toBe("StreamForge does not answer"));
it("names a wrong password", () => expect(signInProblem(failure(401)).title).toBe("E-mail or password is wrong"));
it("says how long a throttled sign-in has to wait", () => {
  expect(signInProblem(failure(429, { retryAfterSeconds: 17 })).waitSeconds).toBe(17);
  expect(signInProblem(failure(429)).waitSeconds).toBe(60);
});
it("passes on what the server said about anything else, with the id that finds it in the logs", () => {
  expect(signInProblem(failure(403, { detail: "The Origin is not allowed.", correlationId: "c-1" }))).toEqual({
    title: "Title",
    detail: "The Origin is not allowed. (correlation id c-1)",
  });
});
