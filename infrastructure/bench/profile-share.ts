import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A profile as Node writes it (`--cpu-prof`). */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
}

export interface Share {
  /** Samples of the main thread while it is neither idle nor loads modules. */
  samples: number;
  /** How much of it was spent in such a file, 0 to 1. */
  share: number;
}

type Node = Profile["nodes"][number];

/**
 * Which share of a process's work is done in some files, and in what Node does for them. What they call in other files is not theirs: a
 * hook calls the rest of the request. A share does not depend on how slow the machine is, or on who else is on it.
 * @param folder where `--cpu-prof-dir` put profiles; @param process_ its file's name, as `api.js`
 */
export function shareOf(folder: string, process_: string, files: RegExp): Share {
  const profiles = readdirSync(folder)
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Profile)
    .filter(({ nodes }) => nodes.some(({ callFrame }) => callFrame.url.endsWith(`/backend/dist/${process_}`)));
  // Counted, not timed: while others have the processor no sample is taken, and the next one would stand for all of that time.
  let busy = 0;
  let theirs = 0;
  for (const { nodes, samples } of profiles) {
    const owners = ownersOf(nodes);
    for (const id of samples) {
      const owner = owners.get(id);
      if (owner === undefined) continue;
      busy++;
      if (files.test(owner)) theirs++;
    }
  }
  return { samples: busy, share: theirs / busy };
}

/** The file that each node's time belongs to: its own, or that of the nearest caller that has one; none where it is idle or loads modules. */
function ownersOf(nodes: Node[]): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, string>();
  const visit = ({ id, callFrame, children = [] }: Node, above: string): void => {
    if (callFrame.functionName === "(idle)" || callFrame.url.startsWith("node:internal/modules/")) return;
    const owner = callFrame.url === "" || callFrame.url.startsWith("node:") ? above : callFrame.url;
    owners.set(id, owner);
    for (const child of children) visit(byId.get(child) as Node, owner);
  };
  const [root] = nodes;
  if (root) visit(root, "");
  return owners;
}
