/** Progress of anything that may take more than a second: one line a second on the error output, none at all for what is quick. */

/** A second. */
const INTERVAL_MS = 1000;

/** Tells how far a piece of work is. `total` is `null` if it is not known. */
export type Progress = (what: string, done: number, total: number | null) => void;

/** Progress that gives its lines to `write`, at most one a second, the first after a second. */
export function progressTo(write: (line: string) => void): Progress {
  let last = performance.now();
  return (what, done, total) => {
    const now = performance.now();
    if (now - last < INTERVAL_MS) return;
    last = now;
    write(total === null ? `… ${what} ${String(done)}` : `… ${what} ${String(done)} of ${String(total)}`);
  };
}
