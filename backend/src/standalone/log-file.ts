import { createWriteStream, existsSync, renameSync, statSync } from "node:fs";

/** Two files of this size for each process at most. */
const MAX_BYTES = 20 * 1024 * 1024;

export interface LogFile {
  write(line: string): void;
  close(): void;
}

/** Appends lines to a file; when it is full it becomes `<file>.1` (the one before it goes) and a new one is begun. */
export function openLog(file: string): LogFile {
  let bytes = existsSync(file) ? statSync(file).size : 0;
  let stream = createWriteStream(file, { flags: "a" });
  // A full disk must not end the processes that the log is about.
  const ignore = () => {};
  stream.on("error", ignore);
  return {
    write(line) {
      if (bytes > MAX_BYTES) {
        stream.end();
        renameSync(file, `${file}.1`);
        stream = createWriteStream(file, { flags: "a" });
        stream.on("error", ignore);
        bytes = 0;
      }
      bytes += Buffer.byteLength(line) + 1;
      stream.write(`${line}\n`);
    },
    close: () => stream.end(),
  };
}
