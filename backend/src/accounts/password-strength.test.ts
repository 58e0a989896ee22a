import { describe, expect, it } from "vitest";
import { passwordFault } from "./password-strength.js";

const EMAIL = "ann.miller@example.org";

describe("a password", () => {
  it.each([
    "short",
    "passwordpassword",
    "123456789012",
    "111111222222",
    "qwertyuiop123",
    "P@ssw0rdP@ssw0rd",
    "letmeinletmein",
    "abcdefghijklmnop",
    "administrator",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ann.miller@example.org",
    "Ann.Miller@Example.org!1",
    "annmiller2026",
    "streamforge2026",
  ])("%s is refused, with what to do", async (password) => {
    expect(await passwordFault(password, EMAIL)).toMatch(/at least 12 characters|too easy to guess\..*Take four words/);
  });

  it.each(["correct horse battery", "three odd green lamps", "DLT5y3TvHeMxW1_x", "x7!kQz pW9 vR2#m".repeat(60)])(
    "%s is taken",
    async (password) => {
      expect(await passwordFault(password, EMAIL)).toBeUndefined();
    },
  );
});
