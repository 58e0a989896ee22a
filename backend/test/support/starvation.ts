/**
 * How long the machine keeps a process waiting that works a part of the time, as an api does, and that nobody attacks. Others may use
 * the machine: what they take away is measured here, and is nobody's fault.
 *
 * Messages as to `victim.ts`: any text begins a phase, an empty one ends it and sends the delays back, in ms.
 */
const EVERY_MS = 10;
const WORK_MS = 2;

let delays: number[] = [];
let timer: NodeJS.Timeout | undefined;

process.on("message", (phase: string) => {
  clearInterval(timer);
  if (phase) begin();
  else {
    process.send?.(delays);
    delays = [];
  }
});
process.on("disconnect", () => process.exit());

function begin(): void {
  let due = performance.now() + EVERY_MS;
  timer = setInterval(() => {
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < WORK_MS * 1000);
    const now = performance.now();
    delays.push(Math.max(0, now - due - WORK_MS));
    due = now + EVERY_MS;
  }, EVERY_MS);
}
