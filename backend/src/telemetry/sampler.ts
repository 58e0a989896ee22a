import type { TraceContext } from "./trace-context.js";
import type { TraceSettings } from "./trace-settings.js";

/** Which traces are recorded (OTEL_TRACES_SAMPLER). */
export interface Sampler {
  /** Id of a trace that begins here and is recorded; undefined when it is not. */
  draw(): string | undefined;
  /** Whether to record a span that continues a trace. */
  continues(parent: TraceContext): boolean;
}

const WORDS = 2 ** 32;
/** A random 32-bit number, as 0 to 2^32 - 1. */
const randomWord = (): number => Math.floor(Math.random() * WORDS);
const hexOf = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");

/**
 * The samplers of OpenTelemetry's specification. A ratio goes by the trace's id, as in OpenTelemetry's own SDK for JavaScript: the four
 * words of the id, combined by XOR, are below the ratio's share of 2^32. So programs that read the id come to the same result. Drawn the
 * other way round, that word first: a trace that is not recorded, as 99 of 100 are, costs one random number and has no id.
 */
export function createSampler({ sampler, ratio }: Pick<TraceSettings, "sampler" | "ratio">): Sampler {
  const share = sampler.endsWith("traceidratio") ? ratio : sampler.endsWith("always_off") ? 0 : 1;
  const bound = share === 1 ? WORDS : Math.floor(share * (WORDS - 1));
  return {
    draw() {
      const word = randomWord();
      if (word >= bound) return undefined;
      const [a, b, c] = [randomWord(), randomWord(), randomWord()];
      return hexOf(a) + hexOf(b) + hexOf(c) + hexOf(a ^ b ^ c ^ word);
    },
    continues: sampler.startsWith("parentbased_") ? ({ sampled }) => sampled : ({ traceId }) => wordOf(traceId) < bound,
  };
}

function wordOf(traceId: string): number {
  let word = 0;
  for (let at = 0; at < 32; at += 8) word ^= Number.parseInt(traceId.slice(at, at + 8), 16);
  return word >>> 0;
}
