import { connect } from "node:net";

/**
 * Makes sure that something listens where a configured URL points, before anything is started for nothing.
 * @throws Error that names the setting, without the URL's password
 */
export async function reachable(setting: string, url: string, placesIn: (url: string) => Place[]): Promise<void> {
  // Names that DNS must resolve to others first; the driver will say what is wrong with them.
  if (url.startsWith("mongodb+srv:")) return;
  const places = placesIn(url);
  if (places.length === 0) throw new Error(`${setting} is not a URL; see .env.example for its form.`);
  const answers = await Promise.all(places.map(listens));
  // Of a replica set's members one is enough.
  if (!answers.includes(true)) {
    const where = places.map(({ host, port }) => `${host}:${port}`).join(", ");
    throw new Error(
      `${setting}: nothing answers at ${where}. Start that server, correct the URL, or unset ${setting} to let npm start run its own.`,
    );
  }
}

interface Place {
  host: string;
  port: number;
}

/** The host list of `scheme://user:password@a:1,b:2/…`; several hosts are no valid `URL`, but usual with MongoDB. */
export const hostsOf =
  (defaultPort: number) =>
  (url: string): Place[] => {
    const hosts = /^[a-z+]+:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(url)?.[1];
    return (hosts?.split(",") ?? []).map((place) => {
      const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place) ?? [];
      return { host: host.replace(/^\[|\]$/g, ""), port: port ? Number(port) : defaultPort };
    });
  };

function listens({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(5000, () => finish(false));
    socket.once("error", () => finish(false));
    socket.once("connect", () => finish(true));
  });
}
