/** The desk of whoever sits in the window: the commands' own functions work at it, on the casebook that is open here. */
import type { OpenCasebook } from "../casebook/destroy.ts";
import type { ActingPerson } from "../casebook/people.ts";
import type { Desk } from "../desk.ts";

/** A desk of somebody who sits. */
export type Seated = Desk & { readonly seated: NonNullable<Desk["seated"]> };

/** The desk of `person` at `open`, of which this process is the writer. */
export function seatOf(open: OpenCasebook, person: ActingPerson, now: Date): Seated {
  const nothing = (): void => undefined;
  return {
    ...{ folder: open.casebook.folder, shareFiles: [], person: person.name, passFile: undefined, override: false },
    ...{ now, progress: nothing, say: nothing, seated: { open, person } },
  };
}
