import { Worker } from "node:worker_threads";
import { within } from "../lib/within.js";

/** Guesses that a password must withstand: 10^10 take 1,900 years at the rate that is let through, and days with the hash in hand. */
const LEAST_GUESSES_LOG10 = 10;

const LEAST_LENGTH = 12;

/** The rest of a longer one can only make it stronger, and looking at it takes time. */
const MOST_LOOKED_AT = 40;

const TIMEOUT_MS = 20_000;

const PROGRAM = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/accounts/password-thread.js" : "./password-thread.js",
  import.meta.url,
);

interface Estimate {
  guessesLog10: number;
  warning: string;
}

/** One at a time: each takes 60 MB while it lasts. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Whether a password is too easy to guess, by zxcvbn: common passwords, words, names, dates, keys beside each other, repetition.
 * @param email of its owner: a password made of it is the first that somebody tries
 * @returns what is wrong with it and what to do, to follow "The password "; undefined when it is good
 */
export async function passwordFault(password: string, email: string): Promise<string | undefined> {
  if (password.length < LEAST_LENGTH) return `must have at least ${LEAST_LENGTH} characters`;
  const about = [email, ...email.split(/[^\p{L}\p{N}]+/u), "streamforge"].filter((word) => word.length > 2);
  // What is one's own counts as nothing, also where it is not the whole.
  const rest = about.reduce((text, word) => text.replaceAll(word.toLowerCase(), ""), password.toLowerCase());
  const looks = [password, ...(rest.length < password.length ? [rest] : [])].map((text) => text.slice(0, MOST_LOOKED_AT));
  for (const look of looks) {
    const { guessesLog10, warning } = await inTurn(() => estimate(look, about));
    if (guessesLog10 >= LEAST_GUESSES_LOG10) continue;
    const why = look === looks[0] ? warning : "What is left of it beside your e-mail address is little.";
    return ["is too easy to guess.", why, "Take four words that do not belong together"].filter(Boolean).join(" ");
  }
  return undefined;
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work);
  last = mine.catch(() => {});
  return mine;
}

async function estimate(password: string, about: string[]): Promise<Estimate> {
  const thread = new Worker(PROGRAM, { workerData: { password, about } });
  try {
    return await within(
      TIMEOUT_MS,
      "The estimate of a password",
      new Promise<Estimate>((resolve, reject) => thread.once("message", resolve).once("error", reject)),
    );
  } finally {
    await thread.terminate();
  }
}
