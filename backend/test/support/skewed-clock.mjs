// Preloaded into a process under test (`NODE_OPTIONS=--import=…`): its clock is wrong by CLOCK_SKEW_MS.
const skewMs = Number(process.env.CLOCK_SKEW_MS ?? 0);
const Real = Date;
const now = () => Real.now() + skewMs;

globalThis.Date = class extends Real {
  constructor(...args) {
    super(...(args.length === 0 ? [now()] : args));
  }
  static now() {
    return now();
  }
};
