import { parentPort, workerData } from "node:worker_threads";
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary as common } from "@zxcvbn-ts/language-common";
import { dictionary as english, translations } from "@zxcvbn-ts/language-en";

/** Looks at one password, in a thread of its own: its dictionaries take 60 MB and its work up to half a second. */
const { password, about } = workerData as { password: string; about: string[] };
const estimate = new ZxcvbnFactory({ translations, graphs: adjacencyGraphs, dictionary: { ...common, ...english } }).check(password, about);
parentPort?.postMessage({ guessesLog10: estimate.guessesLog10, warning: estimate.feedback.warning ?? "" });
