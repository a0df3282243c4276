/** What a window is opened on: a casebook, who sits at it, and what happens when somebody does something or locks. */
import type { OpenCasebook } from "../casebook/destroy.ts";
import type { ActingPerson } from "../casebook/people.ts";
import type { Player } from "./player.ts";

export interface Sitting {
  readonly open: OpenCasebook;
  readonly person: ActingPerson;
  readonly lockMinutes: number;
  readonly player: Player;
  readonly now: () => Date;
  /** Somebody did something. */
  readonly onUse: () => void;
  /** Somebody wants to lock. */
  readonly onLock: () => void;
}
