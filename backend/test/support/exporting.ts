import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "@streamforge/shared";
import { expect } from "vitest";
import { admin } from "../integration/sending-fixture.js";
import type { Stack } from "./stack.js";
import { patience } from "./yardstick.js";

/** Asks for an export. @returns the id of the job */
export async function askForExport(stack: Stack, wanted: object): Promise<string> {
  const answer = await admin(stack, "POST", "/v1/admin/exports", wanted);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body.jobId as string;
}

export async function jobOf(stack: Stack, id: string): Promise<JobView> {
  const response = await fetch(`${stack.apiUrl}/v1/admin/jobs/${id}`, { headers: { "x-admin-token": stack.adminToken } });
  return (await response.json()) as JobView;
}

/** Waits for the end of a job, whatever it is. */
export async function endOf(stack: Stack, id: string, timeoutMs = 30_000): Promise<JobView> {
  const ended = ["completed", "failed", "stopped", "cancelled"];
  let job = await jobOf(stack, id);
  const until = performance.now() + patience(timeoutMs);
  while (!ended.includes(job.status) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    job = await jobOf(stack, id);
  }
  expect(ended, JSON.stringify(job)).toContain(job.status);
  return job;
}

export interface Manifest {
  version: number;
  exportId: string;
  tenantId: string;
  rows: number;
  bytes: number;
  storedBefore: string;
  parts: {
    path: string;
    eventType: string;
    rows: number;
    bytes: number;
    sha256: string;
    minOccurredAt: string;
    maxOccurredAt: string;
    minStoredAt: string;
    maxStoredAt: string;
  }[];
}

/** A manifest of a folder, when each part is there as it says, and nothing else is. */
export function checkedManifest(root: string): Manifest {
  const manifest = JSON.parse(readFileSync(join(root, "_manifest.json"), "utf8")) as Manifest;
  for (const part of manifest.parts) {
    const file = readFileSync(join(root, part.path));
    expect(file.length, part.path).toBe(part.bytes);
    expect(createHash("sha256").update(file).digest("hex"), part.path).toBe(part.sha256);
  }
  expect(manifest.parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(manifest.rows);
  expect(filesBelow(root).sort()).toEqual(["_manifest.json", ...manifest.parts.map(({ path }) => path)].sort());
  return manifest;
}

/** Paths of all files below a folder. */
export function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}
