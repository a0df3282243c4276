/** Sitting at a demo casebook in this process, as the commands do. */
import { join } from "node:path";
import type { ActingPerson } from "../../src/reviewer/casebook/people.ts";
import type { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import { asWriter, type Desk } from "../../src/reviewer/desk.ts";

/** The desk of somebody at the casebook of a ceremony with one card. */
export function deskAt(ceremony: string, person: string, now = new Date()): Desk {
  return {
    folder: join(ceremony, "casebook"),
    shareFiles: [join(ceremony, "cards", "card-1-of-1.txt")],
    person,
    passFile: undefined,
    override: false,
    now,
    progress: () => undefined,
    say: () => undefined,
  };
}

/** Does several things in one sitting. */
export function sitting<T>(desk: Desk, work: (casebook: Casebook, person: ActingPerson) => Promise<T>): Promise<T> {
  return asWriter(desk, ({ casebook }, person) => work(casebook, person));
}
