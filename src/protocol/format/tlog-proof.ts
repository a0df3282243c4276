/**
 * A proof that an entry is in a log, to be checked offline: C2SP tlog-proof v1 (files end in `.tlog-proof`).
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>                not there if nothing is
 *     index <decimal>
 *     <base64 of a hash>            from the leaf's neighbour upwards
 *
 *     <signed checkpoint>
 *
 * Here `extra` is the entry itself, so that the proof needs nothing beside it. It is hashed like any other claim, and believed only when the proof holds.
 */
import type { Bytes } from "../bytes.ts";
import { fromBase64, toBase64 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { formatHashLines, numberAfter, parseHashLines } from "./hash-lines.ts";

/** A proof, unverified. */
export interface LogProof {
  /** 1 to 65,535 bytes, or null. Not authenticated by itself. */
  readonly extra: Bytes | null;
  /** From 0. */
  readonly index: number;
  readonly hashes: readonly Bytes[];
  /** The signed checkpoint. */
  readonly note: Bytes;
}

const FIRST = "c2sp.org/tlog-proof@v1";
const EXTRA = "extra ";
const LONGEST_EXTRA = 65_535;

/** The text of a proof. */
export function formatLogProof({ extra, index, hashes, note }: LogProof): Bytes {
  if (extra !== null && (extra.length < 1 || extra.length > LONGEST_EXTRA)) throw new Error("a proof's extra data is 1 to 65,535 bytes");
  if (!Number.isSafeInteger(index) || index < 0) throw new Error("a proof's index is out of range");
  const own = [FIRST, ...(extra === null ? [] : [`${EXTRA}${toBase64(extra)}`]), `index ${String(index)}`];
  return formatHashLines({ own, hashes, note });
}

/** The proof in a text; its checkpoint is not looked at. @throws {Refusal} `bad-proof`. */
export function parseLogProof(bytes: Uint8Array): LogProof {
  // The index ends the format's own lines.
  let done = false;
  const { own, hashes, note } = parseHashLines(bytes, (line, number) => {
    if (done || number > 2) return false;
    done = line.startsWith("index ");
    return true;
  });
  const [first, ...rest] = own;
  const index = numberAfter("index", rest.at(-1) ?? "");
  if (first !== FIRST || index === null || rest.length > 2) throw new Refusal("bad-proof", "lines");
  const extra = rest.length === 2 ? extraOf(rest[0] ?? "") : null;
  return { extra, index, hashes, note };
}

function extraOf(line: string): Bytes {
  let extra: Bytes;
  try {
    extra = fromBase64(line.startsWith(EXTRA) ? line.slice(EXTRA.length) : "?");
  } catch {
    throw new Refusal("bad-proof", "extra");
  }
  if (extra.length < 1 || extra.length > LONGEST_EXTRA) throw new Refusal("bad-proof", "extra");
  return extra;
}
