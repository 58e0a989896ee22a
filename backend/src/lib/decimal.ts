/**
 * Numbers as they are written: decimals of any length, never doubles. `1`, `1.0`, `10e-1` and `1E0` are one number, `-0` is `0`, and
 * 110988663231921363 is not 110988663231921364.
 *
 * The value is ± digits × 10^exponent. What a number costs is linear in its text, whatever it says: 1e999999999 is one digit and an
 * exponent, and nothing here ever writes its zeros. An exponent beyond ±10^15 counts as ±10^15 (see `canonicalNumber` for what is
 * done with it where equality must be exact).
 */
export interface Decimal {
  sign: -1 | 0 | 1;
  /** The significant digits, without zeros at either end; "0" for zero. */
  digits: string;
  /** Of ten, for the last digit; 0 for zero. */
  exponent: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const ZERO: Decimal = Object.freeze({ sign: 0, digits: "0", exponent: 0 });
const MOST_EXPONENT = 1e15;

/** A divisor with more significant digits is refused by `isMultipleOf`: the division costs their square. */
export const MOST_DIVISOR_DIGITS = 1_000;

/**
 * @param text a JSON number (zeros in front do no harm)
 * @throws Error when it is none
 */
export function parseDecimal(text: string): Decimal {
  const parts = NUMBER.exec(text);
  if (!parts) throw new Error("the text is no JSON number");
  const [, minus, whole = "", fraction = "", power = "0"] = parts;
  const all = whole + fraction;
  const start = leadingZeros(all);
  if (start === all.length) return ZERO;
  const end = all.length - trailingZeros(all);
  const exponent = clamp(Number(power)) - fraction.length + (all.length - end);
  return { sign: minus ? -1 : 1, digits: all.slice(start, end), exponent };
}

/** Below 0 when `a` is less than `b`, 0 when they are one number, above 0 when it is greater. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign;
  const [less, more] = a.sign < 0 ? [b, a] : [a, b];
  return magnitude(less) - magnitude(more) || compareText(less.digits, more.digits);
}

/**
 * Whether `value` is a whole multiple of `divisor`; of zero only zero is. Exact for every exponent: of 10^k at most as many factors
 * matter as the divisor can have.
 * @throws RangeError when the divisor has more than `MOST_DIVISOR_DIGITS` significant digits
 */
export function isMultipleOf(value: Decimal, divisor: Decimal): boolean {
  if (divisor.digits.length > MOST_DIVISOR_DIGITS) throw new RangeError(`a divisor may have ${MOST_DIVISOR_DIGITS} digits`);
  if (value.sign === 0) return true;
  // The last digit of `value` is not zero: below the divisor's last place it leaves a rest.
  if (divisor.sign === 0 || value.exponent < divisor.exponent) return false;
  const by = BigInt(divisor.digits);
  // A number of n digits has fewer than 3.33 n factors of two, and fewer of five; more tens change nothing.
  const tens = Math.min(value.exponent - divisor.exponent, 4 * divisor.digits.length);
  return (remainder(value.digits, by) * 10n ** BigInt(tens)) % by === 0n;
}

/**
 * The one spelling of a number, which is JavaScript's own for those that a double holds exactly as written (up to 15 digits):
 * `1`, `0.25`, `1e+30`. Two spellings of one number have the same, two numbers never do.
 * An exponent of more than 15 digits is kept as it is written: `1e9999999999999999` and `10e9999999999999998` are then two numbers.
 */
export function canonicalNumber(text: string): string {
  if (text.length <= 15 && PLAIN.test(text)) return text;
  const { sign, digits, exponent } = parseDecimal(text);
  if (sign === 0) return "0";
  const minus = sign < 0 ? "-" : "";
  const huge = HUGE_EXPONENT.exec(text);
  if (huge) return `${minus}${trimmed(text)}e${huge[1] === "-" ? "-" : "+"}${huge[2]}`;
  // Where the point stands, counted from the first digit.
  const point = digits.length + exponent;
  if (point > 21 || point <= -6) {
    const power = point - 1;
    return `${minus}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e${power < 0 ? "-" : "+"}${Math.abs(power)}`;
  }
  if (point <= 0) return `${minus}0.${"0".repeat(-point)}${digits}`;
  if (exponent >= 0) return `${minus}${digits}${"0".repeat(exponent)}`;
  return `${minus}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Canonical as they stand: whole numbers, and fractions that end with no zero and do not begin with many. */
const PLAIN = /^(?:0|-?[1-9]\d*(?:\.\d*[1-9])?|-?0\.0{0,5}[1-9](?:\d*[1-9])?)$/;
const HUGE_EXPONENT = /[eE]([+-]?)0*([1-9]\d{15,})$/;

/** What stands before the exponent, without zeros that say nothing. */
function trimmed(text: string): string {
  const [whole = "", fraction = ""] = text.slice(text[0] === "-" ? 1 : 0, text.search(/[eE]/)).split(".");
  const rest = fraction.slice(0, fraction.length - trailingZeros(fraction));
  return `${whole.slice(leadingZeros(whole)) || "0"}${rest === "" ? "" : `.${rest}`}`;
}

/** Digits in front of the point. */
function magnitude({ digits, exponent }: Decimal): number {
  return digits.length + exponent;
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** In steps, because a BigInt of 250,000 digits takes 20 ms to make, and this 3. */
function remainder(digits: string, by: bigint): bigint {
  const step = Math.max(15, MOST_DIVISOR_DIGITS);
  let rest = 0n;
  for (let at = 0; at < digits.length; at += step) {
    const part = digits.slice(at, at + step);
    rest = (rest * 10n ** BigInt(part.length) + BigInt(part)) % by;
  }
  return rest;
}

function clamp(exponent: number): number {
  return Math.max(-MOST_EXPONENT, Math.min(MOST_EXPONENT, exponent));
}

function leadingZeros(digits: string): number {
  let at = 0;
  while (at < digits.length && digits.charCodeAt(at) === 48) at++;
  return at;
}

/** Not by a pattern: /0+$/ costs the square of a run of zeros that does not stand at the end. */
function trailingZeros(digits: string): number {
  let at = digits.length;
  while (at > 0 && digits.charCodeAt(at - 1) === 48) at--;
  return digits.length - at;
}
