import { userInfo } from "node:os";
import type { Actor } from "../accounts/audit.js";

/** Anyone who works on the stores themselves, for the audit log: the account on this machine, which is all that is known. */
export const CLI_ACTOR: Actor = Object.freeze({ kind: "system", id: "cli", name: `sf (${account()})` });

function account(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown user";
  }
}
