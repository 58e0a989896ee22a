const browsers = [
  [/Edg\/(\d+)/, "Edge"],
  [/OPR\/(\d+)/, "Opera"],
  [/Firefox\/(\d+)/, "Firefox"],
  [/Chrome\/(\d+)/, "Chrome"],
  [/Version\/(\d+).*Safari/, "Safari"],
] as const;
const systems = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
] as const;

/** A browser's own name, short enough to be recognised in a list: "Chrome 140 on Linux". What is no browser stays as it is. */
export function browserOf(userAgent: string): string {
  const browser = browsers.map(([form, name]) => [name, form.exec(userAgent)?.[1]] as const).find(([, version]) => version);
  if (!browser) return userAgent || "A program that gives no name";
  const system = systems.find(([form]) => form.test(userAgent))?.[1];
  return `${browser.join(" ")}${system ? ` on ${system}` : ""}`;
}
