import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A measuring program of ours in a process of its own: prepared, then told to go, then asked for nothing more. */
export interface Child<Result> {
  readonly pid: number;
  go(): Promise<Result>;
  stop(): void;
}

type Message<Result> = { kind: "ready" } | { kind: "done"; result: Result } | { kind: "failed"; message: string };

/**
 * Starts `program` (a module beside this one), gives it its order and waits until it is prepared.
 * @throws Error with what the program said when it fails
 */
export async function startChild<Order, Result>(program: string, order: Order): Promise<Child<Result>> {
  const child: ChildProcess = fork(fileURLToPath(new URL(program, import.meta.url)), [], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const next = (): Promise<Message<Result>> =>
    new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as Message<Result>));
      child.once("exit", (code) => reject(new Error(`${program} ended with code ${code}`)));
    });
  const ask = async (message: object): Promise<Message<Result>> => {
    const answer = next();
    child.send(message);
    const told = await answer;
    if (told.kind === "failed") {
      child.kill();
      throw new Error(`${program}: ${told.message}`);
    }
    return told;
  };
  await ask({ kind: "prepare", order });
  return {
    pid: child.pid as number,
    async go() {
      const told = await ask({ kind: "go" });
      if (told.kind !== "done") throw new Error(`${program} answered ${told.kind}`);
      return told.result;
    },
    stop: () => void child.kill(),
  };
}
