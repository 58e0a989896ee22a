import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { type ExportTarget, TargetRefusedError } from "./target.js";

/** Readers of a data set leave out what begins with a dot. */
const STAGING = ".staging";

const REFUSALS: Record<string, string> = {
  ENOSPC: "is full",
  EDQUOT: "has no quota left",
  EACCES: "may not be written by this process",
  EPERM: "may not be written by this process",
  EROFS: "is read-only",
  ENOENT: "is not there",
  ENOTDIR: "is no folder",
};

/** What a disk says of a folder, as a refusal in words; other errors as they came. @param setting that names the folder */
export function diskError(error: unknown, root: string, setting = "EXPORT_DIR"): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : REFUSALS[code];
  return words === undefined ? (error as Error) : new TargetRefusedError(`${setting} (${root}) ${words}: ${message}`);
}

/**
 * A folder. A part is written beside it, in `.staging`, so that it appears by one rename within a file system.
 * @param dir made when it is not there
 */
export function createLocalTarget(dir: string): ExportTarget {
  const root = resolve(dir);
  const at = (key: string): string => {
    const path = resolve(root, ...key.split("/"));
    // Names are encoded long before; this is the wall behind the fence.
    if (!path.startsWith(root + sep)) throw new Error(`the key ${key} leads out of EXPORT_DIR`);
    return path;
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw diskError(error, root);
    }
  };
  const publish = async (file: string, key: string): Promise<void> => {
    const path = at(key);
    const made = await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await rename(file, path);
    // The new name is on disk when its folder is; so are the folders that were made for it.
    for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) {
      await syncFolder(folder);
      if (made === undefined || folder === dirname(made)) break;
    }
  };

  return {
    kind: "local",
    stage: (jobId) =>
      guarded(async () => {
        const all = join(root, STAGING, jobId);
        const mine = join(all, randomUUID());
        await mkdir(mine, { recursive: true, mode: 0o750 });
        for (const other of await readdir(all)) if (join(all, other) !== mine) await rm(join(all, other), { recursive: true, force: true });
        return mine;
      }),
    unstage: (folder) => removeStaged(folder),
    explain: (error) => diskError(error, root),
    publish: (file, key) => guarded(() => publish(file, key)),
    publishText: (text, key) =>
      guarded(async () => {
        const folder = join(root, STAGING);
        const file = join(folder, randomUUID());
        await mkdir(folder, { recursive: true, mode: 0o750 });
        await writeFile(file, text, { mode: 0o640, flush: true });
        await publish(file, key);
      }),
    remove: (key) => guarded(() => rm(at(key), { force: true })),
    sizeOf: (key) =>
      guarded(() =>
        stat(at(key)).then(
          ({ size }) => size,
          (error: NodeJS.ErrnoException) => {
            if (error.code === "ENOENT") return undefined;
            throw error;
          },
        ),
      ),
    locate: (key) => at(key),
    close() {},
  };
}

/** What a worker staged, and the job's folder when it was the last there. A disk that fails has more to say elsewhere. */
export async function removeStaged(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => {});
  await rmdir(dirname(folder)).catch(() => {});
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
