/**
 * What requests ran into, kept until it tells nothing of any of them. A line in the text log while a request fails would say when somebody sent something, to the
 * second wherever a supervisor stamps lines. So failures and refusals are only counted, in memory; after a sealing, and when the server stops, one line says of each
 * kind that there were some, and roughly how many. The operator's view of the present is `firsthand status`, which looks for itself.
 *
 * State: counts since they were told last. A process that is killed forgets them.
 */
import type { EventLog, Events } from "./privacy.ts";

/** Counts what went wrong with requests. */
export class Troubles {
  readonly #log: EventLog;
  readonly #failed = new Map<string, number>();
  readonly #full = new Map<Events["intake-full"]["what"], number>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** A request could not be served because something of ours broke. @param where as `whereItBroke` says it. */
  requestFailed(where: string): void {
    this.#failed.set(where, (this.#failed.get(where) ?? 0) + 1);
  }

  /** A part was refused for lack of room. */
  intakeFull(what: Events["intake-full"]["what"]): void {
    this.#full.set(what, (this.#full.get(what) ?? 0) + 1);
  }

  /** Writes what there was, and begins anew. Never to be called because of a request. */
  tell(): void {
    for (const [where, count] of this.#failed) this.#log.event("requests-failed", { where, atLeast: roundedDown(count) });
    for (const [what, count] of this.#full) this.#log.event("intake-full", { what, atLeast: roundedDown(count) });
    this.#failed.clear();
    this.#full.clear();
  }
}

/** 1, 10, 100 and so on: how bad it was, not how many people came. */
function roundedDown(count: number): number {
  return 10 ** (String(count).length - 1);
}
