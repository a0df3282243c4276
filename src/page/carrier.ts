/** How a page gets its keys and where a sealed tip goes: over the network (`network.ts`), or into a file that somebody carries (`offline/file.ts`). */
import type { Bytes } from "../protocol/bytes.ts";
import type { SealedTip } from "../protocol/crypto/tip.ts";
import type { FailureCode, Progress } from "./compose/state.ts";

/** One way out of the page. */
export interface Carrier {
  /** Both trimmed certificates in a row, as `openKeyring` takes them, or why there are none. */
  keys(): Promise<Bytes | FailureCode>;
  /**
   * Takes all parts of a tip on their way.
   * @returns what the witness may save: a receipt, or the sealed file itself.
   * @throws {SealAnew} @throws {NotCarried} and whatever `signal` was aborted with, or the parts failed with.
   */
  bring(sealed: SealedTip, report: (progress: Progress) => void, signal: AbortSignal): Promise<Blob>;
  /** The witness does not want to wait for the next try. */
  tryNow(): void;
}

/** The tip was lost on the way and has to be sealed once more. */
export class SealAnew extends Error {}

/** The tip did not arrive. */
export class NotCarried extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode) {
    super("The message did not arrive.");
    this.name = "NotCarried";
    this.code = code;
  }
}
