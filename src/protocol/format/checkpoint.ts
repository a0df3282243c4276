/**
 * Checkpoints, C2SP tlog-checkpoint: the text of the signed note that fixes a log's contents. Three lines, no extension lines:
 *
 *     <origin>
 *     <size, decimal>
 *     <base64 of the root hash>
 */
import type { Bytes } from "../bytes.ts";
import { fromBase64, toBase64 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { NAME } from "./note.ts";

/** What a log says of itself at one moment. */
export interface Checkpoint {
  /** Name of the log and of its key. */
  readonly origin: string;
  /** Number of entries, 0 to 2^53-1. */
  readonly size: number;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Bytes;
}

const FORM = new RegExp(`^(${NAME})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$`, "u");

/** The note text of a checkpoint. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const text = `${checkpoint.origin}\n${String(checkpoint.size)}\n${toBase64(checkpoint.root)}\n`;
  if (!FORM.test(text)) throw new Error("a checkpoint has an origin, a size and a root of 32 bytes");
  return text;
}

/** The checkpoint in a note's text. @throws {Refusal} `bad-checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const match = FORM.exec(text);
  const size = Number(match?.[2]);
  if (match === null || !Number.isSafeInteger(size)) throw new Refusal("bad-checkpoint");
  try {
    return { origin: match[1] ?? "", size, root: fromBase64(match[3] ?? "") };
  } catch {
    throw new Refusal("bad-checkpoint", "root");
  }
}
