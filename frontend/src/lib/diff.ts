/** One line of a comparison. */
export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Above this many cells the table of the comparison would take seconds and hundreds of MB; what differs is then shown as a whole. */
const MOST_CELLS = 4_000_000;

/** Compares two texts line by line: the longest lines they share stay, the others are removed or added. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: "same", text }));
  return [
    ...same(before.slice(0, start)),
    ...between(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

function between(before: readonly string[], after: readonly string[]): DiffLine[] {
  const rows = before.length;
  const width = after.length + 1;
  if (rows * width > MOST_CELLS) return [...before.map(removed), ...after.map(added)];
  // common[i, j]: how many lines the rests from i and j share.
  const common = new Uint32Array((rows + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] as number;
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < rows || j < after.length) {
    if (i < rows && j < after.length && before[i] === after[j]) {
      lines.push({ kind: "same", text: before[i] as string });
      i++;
      j++;
    } else if (i < rows && (j === after.length || at(i + 1, j) >= at(i, j + 1))) lines.push(removed(before[i++] as string));
    else lines.push(added(after[j++] as string));
  }
  return lines;
}

const removed = (text: string): DiffLine => ({ kind: "removed", text });
const added = (text: string): DiffLine => ({ kind: "added", text });
