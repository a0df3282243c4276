/**
 * What a cosigner is asked with: the body of `POST <prefix>/add-checkpoint` of C2SP tlog-witness, carried over HTTP or on a stick.
 *
 *     old <decimal>                 size of the log the cosigner signed last
 *     <base64 of a hash>            proof that the log only grew since
 *
 *     <signed checkpoint>
 *
 * The answer is one line for each cosignature, as it stands in a signed note.
 */
import type { Bytes } from "../bytes.ts";
import { Refusal } from "../errors.ts";
import { formatHashLines, numberAfter, parseHashLines } from "./hash-lines.ts";

/** A request, unverified. */
export interface AddCheckpoint {
  /** 0 to 2^53-1. */
  readonly oldSize: number;
  readonly proof: readonly Bytes[];
  /** The signed checkpoint. */
  readonly note: Bytes;
}

/** The body of a request. */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): Bytes {
  if (!Number.isSafeInteger(oldSize) || oldSize < 0) throw new Error("a log's size is out of range");
  return formatHashLines({ own: [`old ${String(oldSize)}`], hashes: proof, note });
}

/** The request in a body; its checkpoint is not looked at. @throws {Refusal} `bad-proof`. */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  const { own, hashes, note } = parseHashLines(bytes, (_line, number) => number === 0);
  const oldSize = numberAfter("old", own[0] ?? "");
  if (oldSize === null) throw new Refusal("bad-proof", "old size");
  return { oldSize, proof: hashes, note };
}
