/** What a letter holds, as text where it is text: of a message that could not be read the API has the bytes, in base64. */
export interface SentText {
  text: string;
  /** Not even text: shown in base64. */
  binary: boolean;
}

export function sentText({ raw, format }: { raw: string; format?: string }): SentText {
  if (format !== "bytes") return { text: raw, binary: false };
  try {
    const bytes = Uint8Array.from(atob(raw), (char) => char.charCodeAt(0));
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), binary: false };
  } catch {
    return { text: raw, binary: true };
  }
}
