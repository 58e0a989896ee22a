export type ServerKind = "redis" | "mongodb" | "postgres" | "kafka";

/** One real server that runs as our child on a loopback port of its own. */
export interface LocalServer {
  readonly kind: ServerKind;
  /** For StreamForge itself: a user with the rights that its code needs. Holds a password: never print it. */
  readonly url: string;
  /** For set-up and tests: a user that may do everything. */
  readonly adminUrl: string;
  readonly port: number;
  /** The folder that the server itself writes to (a `data` folder inside `LocalOptions.dataDir`). */
  readonly dataDir: string;
  /** Process id of the server now; undefined while it is down. */
  pid(): number | undefined;
  /** Sends a signal; for all but SIGSTOP and SIGCONT it resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops it if it runs and starts it again: same port, same data, ready when resolved. */
  restart(): Promise<void>;
  /** Stops it in order; more than once does no harm. */
  stop(): Promise<void>;
}

export interface LocalOptions {
  /** Folder of this one server: its data, log, and what a later start must know. Made when missing. */
  dataDir: string;
  /** Called with a line of text for each step that takes time (fetching, first start). */
  onProgress?: (line: string) => void;
  /** Arguments added to the server's own; they win over ours. */
  extraArgs?: string[];
  /** A fixed port; unset, the last one of this folder if it is still free, else any free one. */
  port?: number;
}

/** What the keeper must know of a kind of server; each kind's file makes one. */
export interface Recipe {
  kind: ServerKind;
  /** For messages: "Redis". */
  name: string;
  dataDir: string;
  command: (port: number) => { file: string; args: string[]; uid?: number; gid?: number };
  /** Called once before the first start, when no server runs on the folder any more. */
  prepare?: () => Promise<void>;
  /**
   * Asked every 50 ms while the process lives; may also finish the set-up (a replica set). It must make sure that `pid`
   * is what answers: a stranger can take the port between our choice and our server's start.
   */
  ready: (port: number, pid: number) => Promise<boolean>;
  url: (port: number) => string;
  adminUrl: (port: number) => string;
  stopSignal: NodeJS.Signals;
}
