/** Events of a casebook without files and signatures, for tests of what events come to. */
import { NOTHING_BEFORE } from "../../src/reviewer/casebook/event.ts";
import type { Act, SignedEvent, TipEntry } from "../../src/reviewer/casebook/event.ts";
import type { Role } from "../../src/reviewer/casebook/roles.ts";
import { checkEvent } from "../../src/reviewer/triage/rules.ts";
import { CasebookState } from "../../src/reviewer/triage/state.ts";

const HASH = "0".repeat(64);

/** Public key of somebody called by one letter. */
export const keyOf = (letter: string): string => letter.repeat(64);

/** Id of the tip with this number. */
export const tipNamed = (number: number): string => number.toString(16).padStart(12, "0");

/** Sealed words as far as a reader can tell. */
export const SEALED = "aa..bb.cc.dd";

export function entryOf(number: number): TipEntry {
  return { id: tipNamed(number), batch: 1, position: number, commitment: HASH, digest: HASH, thread: HASH, sequence: 0 };
}

/** What was taken in: one batch with these tips. */
export function importOf(tips: readonly TipEntry[], bundle = 1): Act {
  const counts = { size: tips.length, tips: tips.length, decoys: 0, unreadable: 0, not_included: 0, missing: 0 };
  const batches = [{ batch: 1, date: "2026-06-01", root: HASH, ...counts }];
  return { kind: "imported", bundle, manifest: HASH, checkpoint: { size: 1, root: HASH }, batches, tips: [...tips], troubled: [] };
}

/** A casebook of a (lead), b and c (reviewers), d (lead), t (translator), i (importer) and r (reward officer). */
export class Story {
  readonly state = new CasebookState();

  constructor(tips = 3) {
    const person = (letter: string, ...roles: Role[]) => ({ name: letter.toUpperCase(), key: keyOf(letter), roles });
    const people = [
      person("a", "lead", "reviewer"),
      person("b", "reviewer"),
      person("c", "reviewer"),
      person("d", "lead"),
      person("e", "translator"),
      person("f", "importer"),
      person("9", "reward_officer"),
    ];
    this.did("a", { kind: "opened", origin: "o", program: HASH, rewards: HASH, review: "r", people, grace_days: 8, demo: true });
    this.did("f", importOf(Array.from({ length: tips }, (_, index) => entryOf(index + 1))));
  }

  /** Somebody does something. Returns the event's number. */
  did(letter: string, act: Act): number {
    const event: SignedEvent = {
      sequence: this.state.events.length + 1,
      previous: NOTHING_BEFORE,
      person: keyOf(letter),
      at: "2026-06-01T12:00:00Z",
      act,
      link: HASH,
    };
    checkEvent(this.state, event);
    this.state.apply(event);
    return event.sequence;
  }

  /** Somebody without ties opens a tip. */
  opened(letter: string, tip: string): void {
    this.did(letter, { kind: "declared", tip, ties: [] });
    this.did(letter, { kind: "tip-opened", tip });
  }
}
