/**
 * What an attack is: a story told against the real parts, and the places in the source that stop it. A file in a folder named after the attacker holds one attack and
 * exports it as `attack`. `attacks.test.ts` tells each story twice and more: as things are, when it must be repelled, and with each defence taken out, when it
 * must succeed. A defence whose absence changes nothing would be decoration.
 */
import type { TestBrowser } from "../support/browser.ts";
import type { StartedPostgres } from "../support/postgres.ts";

/** What came of an attack. Anything else that happens is thrown, and is no answer. */
export type Outcome = "repelled" | "succeeded";

/** One place that stops an attack. */
export interface Defence {
  /** The source file, from the root. */
  readonly file: string;
  /** The function or table it stands in. */
  readonly place: string;
  /** Text that occurs once in the file. */
  readonly before: string;
  /** What stands there when the defence is taken out. */
  readonly after: string;
}

/** What a story is given. */
export interface Bench {
  /** A folder for this telling alone, which goes after it. */
  readonly folder: string;
  /** A cluster, started when the first story asks. */
  postgres(): Promise<StartedPostgres>;
  /** A Chromium, started when the first story asks. */
  browser(): Promise<TestBrowser>;
}

/** An attack. */
export interface Attack {
  /** What the attacker does and wants, as a sentence without its subject: that is the folder. */
  readonly does: string;
  readonly defences: readonly [Defence, ...Defence[]];
  /** Tells the story. */
  readonly run: (bench: Bench) => Promise<Outcome>;
}

/** `succeeded` if it did. */
export function outcome(succeeded: boolean): Outcome {
  return succeeded ? "succeeded" : "repelled";
}
