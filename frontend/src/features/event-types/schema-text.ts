/** A schema as it is typed: what it says, or why it says nothing yet. */
export type SchemaText = { schema: Record<string, unknown> } | { problem: string };

/** Reads what stands in the editor; says the line where JSON ends to be JSON. */
export function readSchema(text: string): SchemaText {
  if (text.trim() === "") return { problem: "A JSON Schema is needed." };
  try {
    const schema: unknown = JSON.parse(text);
    if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return { problem: "A JSON Schema is an object: { … }" };
    return { schema: schema as Record<string, unknown> };
  } catch (error) {
    return { problem: `This is no JSON: ${placed((error as Error).message, text)}` };
  }
}

/** Browsers name a position, a line, or neither; people look for a line. */
function placed(message: string, text: string): string {
  const short = message.replace(/^JSON\.parse: /, "").replace(/ of the JSON data$/, "");
  const position = /at position (\d+)/.exec(short)?.[1];
  if (position === undefined || /\(line \d+/.test(short)) return short.replace(/ in JSON at position \d+/, "");
  const before = text.slice(0, Number(position)).split("\n");
  return `${short.replace(/ (in JSON )?at position \d+/, "")} (line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1})`;
}

export const schemaText = (schema: unknown) => JSON.stringify(schema, null, 2);

/** What a new type begins with: enough to see how it is done. */
export const template = schemaText({
  type: "object",
  properties: {
    amount: { type: "number", minimum: 0 },
    currency: { type: "string", minLength: 3, maxLength: 3 },
  },
  required: ["amount", "currency"],
  additionalProperties: true,
});
