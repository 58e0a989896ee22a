/** A whole number with its digits in groups: 1,234,567. By hand: the first use of `Intl` costs a process 6 MB for good. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number of things: `1 event`, `1,234 events`. */
export function counted(n: number, one: string): string {
  return `${grouped(n)} ${n === 1 ? one : `${one}s`}`;
}
