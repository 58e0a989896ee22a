import type { Kept, Retention } from "@streamforge/shared";

/** A tenant's retention as fields of a form, and back. */

const DAYS = /^\d{1,5}$/;

/** "400" → 400; "" → undefined: as the settings say. */
export const daysOf = (text: string): number | undefined => (text.trim() === "" ? undefined : Number(text));
export const isDays = (text: string) => text.trim() === "" || DAYS.test(text.trim());

/** "SALE: 400", a type a line. The days stand behind the last colon: a type may have some of its own. */
export const textOfTypes = (types: Retention["types"]): string =>
  Object.entries(types ?? {})
    .map(([type, days]) => `${type}: ${days}`)
    .join("\n");

/** @returns undefined when a line is not `type: days` */
export function typesOf(text: string): Record<string, number> | undefined {
  const types: Record<string, number> = {};
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const colon = line.lastIndexOf(":");
    const type = line.slice(0, colon).trim();
    const days = line.slice(colon + 1).trim();
    if (colon < 1 || type === "" || !DAYS.test(days)) return undefined;
    types[type] = Number(days);
  }
  return types;
}

/** 0 keeps for ever. */
const isShorter = (before: number, after: number) => after !== 0 && (before === 0 || after < before);

/** What is kept for a shorter time than before, in words: what is older goes with the next run, for good. */
export function shortened(before: { retention: Retention; kept: Kept }, after: Retention, settings: Kept): string[] {
  const days = after.days ?? settings.days;
  const deadLetterDays = after.deadLetterDays ?? settings.deadLetterDays;
  const changes = [
    isShorter(before.kept.days, days) && `events: ${words(before.kept.days)} → ${words(days)}`,
    isShorter(before.kept.deadLetterDays, deadLetterDays) &&
      `dead letters: ${words(before.kept.deadLetterDays)} → ${words(deadLetterDays)}`,
  ];
  const types = new Set([...Object.keys(before.retention.types ?? {}), ...Object.keys(after.types ?? {})]);
  for (const type of types) {
    const [was, is] = [before.retention.types?.[type] ?? before.kept.days, after.types?.[type] ?? days];
    changes.push(isShorter(was, is) && `events of type ${type}: ${words(was)} → ${words(is)}`);
  }
  return changes.filter((change) => change !== false);
}

const words = (days: number) => (days === 0 ? "for ever" : `${days} days`);
export const keptWords = ({ days }: Kept) => words(days);
