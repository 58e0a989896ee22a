import { type PatchOperation, patchSchema } from "@streamforge/shared";
import { parseExact } from "../../lib/exact-json.js";
import { jsonLines, lineText } from "../../lib/json-lines.js";
import { isRecord, patchBetween, refusals } from "./patch.js";

/** What an edit comes to: the patch, or what stands in its way. */
export interface Draft {
  patch: PatchOperation[];
  /** The event as edited; undefined while it is no JSON, or when the patch was written by hand. */
  after?: unknown;
  /** One sentence for each thing that has to be different. */
  problems: string[];
}

/** JSON as it is edited: two spaces, digits as they were sent. */
export const pretty = (value: unknown) => jsonLines(value).map(lineText).join("\n");

/** The patch that an edited event comes to. @param before the event as it was sent */
export function draftOfEvent(before: unknown, text: string): Draft {
  let after: unknown;
  try {
    after = parseExact(text);
  } catch (error) {
    return { patch: [], problems: [`This is not JSON yet: ${(error as Error).message}`] };
  }
  if (!isRecord(after)) return { patch: [], problems: ["An event is a JSON object."] };
  try {
    const patch = patchBetween(before, after);
    return { patch, after, problems: refusals(patch, before) };
  } catch (error) {
    return { patch: [], after, problems: [(error as Error).message] };
  }
}

/** A patch that was written by hand. @param event one of those it is for */
export function draftOfPatch(text: string, event: unknown): Draft {
  let given: unknown;
  try {
    given = parseExact(text);
  } catch (error) {
    return { patch: [], problems: [`This is not JSON yet: ${(error as Error).message}`] };
  }
  const { success, error } = patchSchema.safeParse(given);
  if (!success) {
    const [issue] = error.issues;
    const where = issue?.path.length ? `/${issue.path.join("/")}: ` : "";
    return { patch: [], problems: [`This is no patch yet: ${where}${issue?.message ?? ""}`] };
  }
  // As it was read here, not as zod gives it back: its numbers are still as they were written.
  const patch = given as PatchOperation[];
  return { patch, problems: refusals(patch, event) };
}
