import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A profile as Node writes it (`--cpu-prof`). */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

export interface Share {
  /** Time on the main thread that is not idle, in ms. */
  busyMs: number;
  /** How much of it has a frame of such a file in its stack, 0 to 1. */
  share: number;
}

/**
 * Which share of a process's work has to do with some files: its own frames and what they call. A share does not depend on how slow the
 * machine is, or on who else is on it.
 * @param folder where `--cpu-prof-dir` put profiles; @param process_ its file's name, as `api.js`
 */
export function shareOf(folder: string, process_: string, files: RegExp): Share {
  const profiles = readdirSync(folder)
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Profile)
    .filter(({ nodes }) => nodes.some(({ callFrame }) => callFrame.url.endsWith(`/dist/${process_}`)));
  let busyUs = 0;
  let theirsUs = 0;
  for (const { nodes, samples, timeDeltas } of profiles) {
    const theirs = nodesBelow(nodes, files);
    const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id));
    for (const [i, id] of samples.entries()) {
      if (idle.has(id)) continue;
      const us = timeDeltas[i] as number;
      busyUs += us;
      if (theirs.has(id)) theirsUs += us;
    }
  }
  return { busyMs: busyUs / 1_000, share: theirsUs / busyUs };
}

/** Ids of nodes that are frames of these files, and of everything below them. */
function nodesBelow(nodes: Profile["nodes"], files: RegExp): Set<number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set<number>();
  const add = (id: number): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const child of byId.get(id)?.children ?? []) add(child);
  };
  for (const { id, callFrame } of nodes) if (files.test(callFrame.url)) add(id);
  return found;
}
