import { isIP, isIPv4, isIPv6 } from "node:net";

/**
 * Whether it is an address or a range of them: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
 * @returns what is wrong with it, in words; undefined when nothing is
 */
export function rangeFault(text: string): string | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) return "is no address or range of addresses";
  if (bits === undefined) return undefined;
  const most = family === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return `must end in /1 to /${most}`;
  return Number(bits) === 0 ? "is every address there is" : undefined;
}

/**
 * What one client can be taken for: an IPv4 address as it is, the first 64 bits of an IPv6 address. A line at home has 2^64 of those,
 * so counting them one by one would count nothing.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || isIPv4(address)) return mapped ?? address;
  const plain = address.split("%", 1)[0] as string;
  if (!isIPv6(plain)) return address;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - (tail === "" ? 0 : tail.split(":").length));
  const whole = [...groups, ...Array<string>(missing).fill("0"), ...(tail ? tail.split(":") : [])];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
