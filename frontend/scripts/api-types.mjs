#!/usr/bin/env node
// Prints the types of a running API, from its /openapi.json: node frontend/scripts/api-types.mjs <url>
// `npm run api:types` starts one, and writes what this prints to frontend/src/api/schema.d.ts.
import openapiTS, { astToString } from "openapi-typescript";

const [url] = process.argv.slice(2);
if (!url) {
  console.error("Usage: node frontend/scripts/api-types.mjs <url>");
  process.exit(2);
}
const answer = await fetch(new URL("/openapi.json", url));
if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
const types = astToString(await openapiTS(await answer.json()));
process.stdout.write(`// Made by npm run api:types from /openapi.json; not to be edited.\n${types}`);
