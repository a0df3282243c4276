/** How long an upload will still take, from how it went so far. */

/** Parts after which an estimate means something. */
const FEWEST = 3;

/** An estimate for `total` parts, begun at `start` milliseconds of any steady clock. */
export class EstimateOfTime {
  readonly #total: number;
  readonly #start: number;

  constructor(total: number, start: number) {
    this.#total = total;
    this.#start = start;
  }

  /** Seconds left when `done` parts had arrived at `now`, or `null` while it is too early to say. */
  after(done: number, now: number): number | null {
    if (done < FEWEST || done >= this.#total) return null;
    return ((now - this.#start) / done / 1000) * (this.#total - done);
  }
}
