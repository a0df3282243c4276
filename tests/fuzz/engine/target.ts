/** What is attacked, and what must hold of it whatever the bytes are. */
import { Refusal } from "../../../src/protocol/errors.ts";

/** One parser or one door. */
export interface Target {
  /** Inputs as an honest sender makes them. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Longest input that is tried, octets. */
  readonly longest: number;
  /** Tries one input. Whatever it throws is a finding: refusals are expected, and so are caught by {@link accepted}. */
  run(input: Uint8Array<ArrayBuffer>): void | Promise<void>;
  /** Ends what was started. */
  close?(): Promise<void>;
}

/** What `parse` returns, or undefined if it refuses. Anything else that is thrown is thrown on: a parser is total. */
export function accepted<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** {@link accepted} for a parser that is waited for. */
export async function acceptedLater<T>(parse: () => Promise<T>): Promise<T | undefined> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** What was accepted is the one way to write what it means. @throws if `written` are other bytes, or another text, than were read. */
export function sameAgain(read: Uint8Array | string, written: Uint8Array | string): void {
  if (typeof read === "string" ? read !== written : typeof written === "string" || Buffer.compare(read, written) !== 0)
    throw new Error("a second way to write the same was accepted");
}

/** @throws with these words if it does not hold. */
export function holds(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
