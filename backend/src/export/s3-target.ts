import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Config } from "../config.js";
import { diskError, removeStaged } from "./local-target.js";
import { type ExportTarget, TargetRefusedError, TargetUnavailableError } from "./target.js";

export type S3Settings = Pick<
  Config,
  | "EXPORT_S3_BUCKET"
  | "EXPORT_S3_PREFIX"
  | "EXPORT_S3_REGION"
  | "EXPORT_S3_ENDPOINT"
  | "EXPORT_S3_ACCESS_KEY_ID"
  | "EXPORT_S3_SECRET_ACCESS_KEY"
  | "EXPORT_TEMP_DIR"
>;

/** S3 takes pieces of 5 MiB or more, and 10,000 of them: parts of up to 160 GB. */
const PIECE_BYTES = 16 * 1024 * 1024;
/** No byte for so long: the other side has stopped in the middle. */
const IDLE_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Of the client, with growing waits; after that the job waits and tries again itself. */
const ATTEMPTS = 4;

type Commands = typeof import("@aws-sdk/client-s3");

/**
 * A bucket of any server that speaks S3. A part is written to a folder of this machine and sent when it is complete: a small one in one
 * request, a large one in pieces that S3 puts together at the end, so that it appears whole or not at all.
 */
export function createS3Target(settings: S3Settings): ExportTarget {
  const Bucket = settings.EXPORT_S3_BUCKET as string;
  const prefix = settings.EXPORT_S3_PREFIX === "" ? "" : `${settings.EXPORT_S3_PREFIX.replaceAll(/^\/+|\/+$/g, "")}/`;
  const staging = join(settings.EXPORT_TEMP_DIR ?? tmpdir(), "streamforge-export");
  let client: Promise<{ s3: S3Client; commands: Commands }> | undefined;
  /** Loaded when it is needed: 20 MB that a worker without exports does not have. */
  const connected = (): Promise<{ s3: S3Client; commands: Commands }> => {
    client ??= import("@aws-sdk/client-s3").then((commands) => ({ commands, s3: clientOf(commands, settings) }));
    return client;
  };
  const call = async <T>(work: (s3: S3Client, commands: Commands) => Promise<T>): Promise<T> => {
    const { s3, commands } = await connected();
    try {
      return await work(s3, commands);
    } catch (error) {
      throw s3Error(error, Bucket);
    }
  };

  const inPieces = async (file: string, Key: string, bytes: number): Promise<void> => {
    const UploadId = await call(async (s3, { CreateMultipartUploadCommand }) => {
      const { UploadId: id } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      return id as string;
    });
    const handle = await open(file, "r");
    try {
      const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
      for (let from = 0; from < bytes; from += PIECE_BYTES) {
        const Body = Buffer.alloc(Math.min(PIECE_BYTES, bytes - from));
        await handle.read(Body, 0, Body.length, from);
        const PartNumber = Parts.length + 1;
        const { ETag } = await call((s3, { UploadPartCommand }) =>
          s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body })),
        );
        Parts.push({ ETag, PartNumber });
      }
      await call((s3, { CompleteMultipartUploadCommand }) =>
        s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } })),
      );
    } catch (error) {
      // Pieces that nobody puts together are paid for until somebody looks. When this fails, too, a lifecycle rule ends them (docs).
      await call((s3, { AbortMultipartUploadCommand }) => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))).catch(
        () => {},
      );
      throw error;
    } finally {
      await handle.close();
    }
  };

  return {
    kind: "s3",
    async stage(jobId) {
      const all = join(staging, jobId);
      const mine = join(all, randomUUID());
      try {
        await mkdir(mine, { recursive: true, mode: 0o700 });
        for (const other of await readdir(all)) if (join(all, other) !== mine) await rm(join(all, other), { recursive: true, force: true });
      } catch (error) {
        throw diskError(error, staging, "EXPORT_TEMP_DIR");
      }
      return mine;
    },
    unstage: (folder) => removeStaged(folder),
    explain: (error) => diskError(error, staging, "EXPORT_TEMP_DIR"),
    async publish(file, key) {
      const Key = prefix + key;
      const { size } = await stat(file);
      if (size > PIECE_BYTES) await inPieces(file, Key, size);
      else
        await call((s3, { PutObjectCommand }) =>
          s3.send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(file), ContentLength: size })),
        );
      await rm(file, { force: true });
    },
    publishText: async (text, key) =>
      void (await call((s3, { PutObjectCommand }) =>
        s3.send(new PutObjectCommand({ Bucket, Key: prefix + key, Body: text, ContentType: "application/json" })),
      )),
    remove: async (key) =>
      void (await call((s3, { DeleteObjectCommand }) => s3.send(new DeleteObjectCommand({ Bucket, Key: prefix + key })))),
    sizeOf: (key) =>
      call(async (s3, { HeadObjectCommand }) => {
        try {
          return (await s3.send(new HeadObjectCommand({ Bucket, Key: prefix + key }))).ContentLength;
        } catch (error) {
          if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return undefined;
          throw error;
        }
      }),
    locate: (key) => `s3://${Bucket}/${prefix}${key}`,
    close: () => void client?.then(({ s3 }) => s3.destroy()),
  };
}

function clientOf({ S3Client }: Commands, settings: S3Settings): S3Client {
  const { EXPORT_S3_ACCESS_KEY_ID: accessKeyId, EXPORT_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  return new S3Client({
    region: settings.EXPORT_S3_REGION,
    // Other servers than Amazon's seldom have a name for each bucket.
    ...(settings.EXPORT_S3_ENDPOINT ? { endpoint: settings.EXPORT_S3_ENDPOINT, forcePathStyle: true } : {}),
    // Without them the usual ways are tried: AWS_* variables, profiles, the role of the machine.
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: IDLE_TIMEOUT_MS, throwOnRequestTimeout: true },
    // Servers before 2025 refuse the checksums that the client would add by itself; the manifest has each part's digest.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** An error of the client in the words of a target. The name is S3's code, such as NoSuchBucket. */
function s3Error(error: unknown, bucket: string): Error {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const words = `s3://${bucket}: ${name}${message && message !== name ? `, ${message}` : ""}`;
  // No status: nobody answered. 408, 429: later, please.
  const isRefused = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isRefused || name === "CredentialsProviderError" ? new TargetRefusedError(words) : new TargetUnavailableError(words);
}
