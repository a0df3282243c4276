/** A progress line for people: only on a terminal, only after a second, on standard error. */

/** Quicker than this shows nothing. */
const QUIET = 1000;
/** Time between two drawings. */
const EACH = 100;
const WIDTH = 30;

/** A bar that `update` draws now and then and `end` wipes away. */
export function progressBar(
  stream: { write(text: string): unknown; readonly isTTY?: boolean },
  label: string,
): { readonly update: (done: number, total: number) => void; readonly end: () => void } {
  const start = performance.now();
  let next = start + QUIET;
  let drawn = false;
  return {
    update: (done, total) => {
      // Called for every entry: the clock is asked for one in 64.
      if (stream.isTTY !== true || done % 64 !== 0 || performance.now() < next) return;
      next = performance.now() + EACH;
      drawn = true;
      const part = total === 0 ? 1 : done / total;
      const full = Math.round(part * WIDTH);
      stream.write(`\r${label} [${"#".repeat(full)}${" ".repeat(WIDTH - full)}] ${String(Math.floor(part * 100))} %`);
    },
    end: () => {
      if (drawn) stream.write(`\r${" ".repeat(label.length + WIDTH + 10)}\r`);
    },
  };
}
