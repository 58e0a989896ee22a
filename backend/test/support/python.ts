import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { cached } from "@streamforge/infrastructure/local";

/**
 * Python's own tools, for tests alone: pyarrow, which reads Parquet by code that shares nothing with ours, and moto, which is an S3.
 * They are installed once, into the cache beside the local servers.
 */
const PACKAGES = ["pyarrow==26.0.1", "moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];
const run = promisify(execFile);

export interface Python {
  /** The interpreter that has the packages. */
  program: string;
  /** Runs a script. @returns what it printed */
  run(script: string, ...args: string[]): Promise<string>;
}

/** @returns why there is none, as a sentence, where Python or one of the packages is missing */
export async function findPython(): Promise<Python | string> {
  try {
    const folder = await cached(`python-${PACKAGES.join("-").replaceAll(/[^\w.-]/g, "_")}`, async (unfinished) => {
      await run("python3", ["-m", "venv", unfinished]);
      const pip = [join(unfinished, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      await run(pip[0] as string, [...pip.slice(1), ...PACKAGES], { timeout: 300_000 });
    });
    const program = join(folder, "bin", "python");
    return {
      program,
      async run(script, ...args) {
        const { stdout } = await run(program, ["-c", script, ...args], { maxBuffer: 256 * 1024 * 1024 });
        return stdout;
      },
    };
  } catch (error) {
    return `Python with ${PACKAGES.join(", ")} cannot be had here: ${(error as Error).message.split("\n")[0]}`;
  }
}
