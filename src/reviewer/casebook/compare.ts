/**
 * Two copies of one casebook, compared. Copies that went different ways are named, event by event, and never merged: what happened in both after they parted was decided by
 * people who did not see the other half, so people decide which copy goes on; what is missing in it they do again, under their own signatures. (Rejected: replaying the other
 * half's events at the end. Its signatures are over another place in the chain, so somebody would have to sign for what others did.)
 */
import type { Casebook } from "./casebook.ts";
import type { SignedEvent } from "./event.ts";

/** How another copy stands to this one. `common` is the number of events both have. */
export type Comparison =
  | {
      readonly relation: "same" | "behind" | "ahead" | "diverged";
      readonly common: number;
      readonly here: readonly SignedEvent[];
      readonly there: readonly SignedEvent[];
    }
  | { readonly relation: "stranger" };

/** Compares `there`, opened with the same keys, with this one. `behind`: this one has all of the other's events and more lie `there`. */
export function compareCasebooks(here: Casebook, there: Casebook): Comparison {
  const [ours, theirs] = [here.events, there.events];
  let common = 0;
  while (common < ours.length && common < theirs.length && ours[common]?.link === theirs[common]?.link) common++;
  if (common === 0) return { relation: "stranger" };
  const rest = { here: ours.slice(common), there: theirs.slice(common) };
  if (rest.here.length > 0 && rest.there.length > 0) return { relation: "diverged", common, ...rest };
  if (rest.there.length > 0) return { relation: "behind", common, ...rest };
  return { relation: rest.here.length > 0 ? "ahead" : "same", common, ...rest };
}
