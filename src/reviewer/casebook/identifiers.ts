/** How things are named inside a casebook, as readers: one form each. */
import { hex, integer, matching, type Reader } from "../../protocol/format/json.ts";

/** Id of a tip in this casebook: twelve hexadecimal digits, see import.ts. */
export const tipId: Reader<string> = matching(/[0-9a-f]{12}/);

/** Number of an event, a bundle or a batch, from 1. What an event brings into the world (an entity, a proposal, a task) is called by that event's number. */
export const NUMBER: Reader<number> = integer(1, 99_999_999);

/** A person: their Ed25519 public key. */
export const personKey: Reader<string> = hex(32);

/** A day, `YYYY-MM-DD`. */
export const DATE: Reader<string> = matching(/\d{4}-\d\d-\d\d/);
