import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sha256 } from "./digests.js";
import { cached, onPath, type Progress } from "./fetch.js";

const run = promisify(execFile);

const KAFKA = "4.4.0";
const OLDEST_JAVA = 17;
/** Pinned like what it fetches: by its short name Maven would take the newest one. */
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/** SHA-256 over the lines `<sha256>  <name>` of all jars, by name: `sha256sum *.jar | sort -k2 | sha256sum` in the folder. */
const JARS_SHA256 = "98b52a7fc606912291aaa0d2a2b8563c1bb4f6a732ad5a4ba94bffc300884b95";

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>streamforge</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** What is missing to run an Apache Kafka here, as a sentence; undefined when nothing is. */
export async function kafkaMissing(): Promise<string | undefined> {
  if (!((await javaMajor()) >= OLDEST_JAVA)) return `Apache Kafka needs Java ${OLDEST_JAVA} or later on PATH, and there is none.`;
  if (onPath("mvn").length === 0) return "Apache Kafka is fetched with Maven (mvn), which is not on PATH.";
  return undefined;
}

/** Its version goes to the error output: `openjdk version "17.0.15"`. NaN without a Java. */
async function javaMajor(): Promise<number> {
  try {
    return Number(/version "(\d+)/.exec((await run("java", ["-version"], { timeout: 20_000 })).stderr)?.[1]);
  } catch {
    return Number.NaN;
  }
}

/**
 * The jars of an Apache Kafka, fetched once (43 MB) and kept in the cache.
 * @returns what `java -cp` takes
 * @throws Error in one sentence when Java or Maven is missing, or what was fetched is not what was tested
 */
export async function findKafka(progress: Progress = () => {}): Promise<string> {
  const missing = await kafkaMissing();
  if (missing) throw new Error(missing);
  const folder = await cached(`kafka-${KAFKA}`, async (into) => {
    progress(`Kafka: fetching ${KAFKA} with Maven (43 MB, once) ...`);
    writeFileSync(join(into, "pom.xml"), POM);
    await run("mvn", ["-q", "-B", COPY, "-DoutputDirectory=lib"], { cwd: into, timeout: 15 * 60_000 }).catch(
      (error: Error & { stdout?: string }) => {
        throw new Error(`Maven could not fetch Kafka: ${error.stdout?.trim().split("\n")[0] ?? error.message}`, { cause: error });
      },
    );
    const found = await digestOf(join(into, "lib"));
    if (found !== JARS_SHA256)
      throw new Error(`the jars of Kafka ${KAFKA} have the SHA-256 ${found}, not ${JARS_SHA256}: they are not used`);
    rmSync(join(into, "target"), { recursive: true, force: true });
    progress("Kafka: fetched");
  });
  return join(folder, "lib", "*");
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(`${await sha256(join(folder, name))}  ${name}\n`);
  return hash.digest("hex");
}
