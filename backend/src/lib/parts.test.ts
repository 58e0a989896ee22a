import { expect, it } from "vitest";
import { compose } from "./parts.js";

const part = (name: string, closed: string[]) => ({ close: async () => void closed.push(name) });

it("closes in reverse, also what comes after a part that hangs or throws", async () => {
  const closed: string[] = [];
  const errors: string[] = [];
  const { running, close } = await compose(
    async ({ keep, defer }) => {
      keep(part("first", closed));
      defer(() => Promise.reject(new Error("cannot be closed")));
      defer(() => new Promise(() => {}));
      keep(part("last", closed));
      return "running";
    },
    (error) => errors.push(error.message),
  );
  expect({ running, closed }).toEqual({ running: "running", closed: [] });
  await close();
  expect(closed).toEqual(["last", "first"]);
  expect(errors).toEqual(["a part that is being closed did not answer within 1000 ms", "cannot be closed"]);
});

it("closes what was made when the rest cannot be", async () => {
  const closed: string[] = [];
  const made = compose(async ({ keep }) => {
    keep(part("first", closed));
    keep(part("second", closed));
    throw new Error("the port is taken");
  }, console.error);
  await expect(made).rejects.toThrow("the port is taken");
  expect(closed).toEqual(["second", "first"]);
});
