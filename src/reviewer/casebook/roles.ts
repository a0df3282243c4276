/**
 * Roles of the people of a casebook. A role says what somebody may sign; that a thing needs two people is said where it is done (triage/state.ts).
 * The reward officer never reads a tip, so that role goes with no other.
 */
import { list, oneOf, type Reader } from "../../protocol/format/json.ts";
import { Refusal } from "../../protocol/errors.ts";

/** Every role. `importer` is the courier's counterpart: takes bundles in and makes what goes back. */
export const ROLES = ["importer", "lead", "reviewer", "reward_officer", "translator"] as const;

export type Role = (typeof ROLES)[number];

/** Roles of somebody of whom nothing was said. */
export const USUAL_ROLES: readonly Role[] = ["importer", "lead", "reviewer", "translator"];

/** Whether these roles are one person's: at least one, in order, none twice, and the reward officer alone. */
function fit(roles: readonly Role[]): boolean {
  const ordered = roles.every((role, index) => index === 0 || (roles[index - 1] ?? "") < role);
  return roles.length > 0 && ordered && !(roles.includes("reward_officer") && roles.length > 1);
}

/** The roles of one person, in alphabetical order. */
export const roles: Reader<Role[]> = (value, where) => {
  const read = list(oneOf(ROLES), ROLES.length)(value, where);
  if (!fit(read)) throw new Refusal("bad-field", where);
  return read;
};
