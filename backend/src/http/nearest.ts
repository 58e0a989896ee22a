/**
 * The known name that an unknown one was probably meant to be; undefined when none is near. Case, `_` and `-` count for nothing, so
 * that `expires_at` and `dryrun` find `expiresAt` and `dryRun`.
 */
export function nearestOf(name: string, known: readonly string[]): string | undefined {
  const plain = plainly(name);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const other = plainly(candidate);
    const most = Math.max(1, Math.floor(other.length / 3));
    // A difference in length alone is a distance; a client's megabyte of a name is not compared.
    if (Math.abs(other.length - plain.length) > most) continue;
    const distance = editDistance(plain, other);
    if (distance > most || distance >= Math.max(plain.length, other.length) || distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

const plainly = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, "");

/** Letters to insert, delete, replace or swap with their neighbour to make one text of the other (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        row[j] = Math.min(row[j] as number, (before[j - 2] as number) + 1);
    }
    before = last;
    last = row;
  }
  return last[other.length] as number;
}
