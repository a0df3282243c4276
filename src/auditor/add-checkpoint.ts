/**
 * A cosigner as C2SP tlog-witness has it: somebody hands it a checkpoint with a proof that the log only grew since the one it cosigned last; it checks, remembers
 * on disk, and answers with its cosignature. Over HTTP or on a stick, it is the same text and the same judgement.
 *
 * It sees no entries. So its word is "this log never took anything back", and not, as that of `cosign PLACE`, "and here are all its entries"; `verify` says the rest.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { equal } from "../protocol/bytes.ts";
import type { Cosigner, Vkey } from "../protocol/crypto/note.ts";
import { openNote } from "../protocol/crypto/note.ts";
import { Refusal } from "../protocol/errors.ts";
import { type AddCheckpoint, parseAddCheckpoint } from "../protocol/format/add-checkpoint.ts";
import { type Checkpoint, parseCheckpoint } from "../protocol/format/checkpoint.ts";
import { formatNote, formatSignature, parseNote } from "../protocol/format/note.ts";
import { rootOf, verifyConsistency } from "../protocol/tlog/merkle.ts";
import { openSeen } from "./reading.ts";
import { keepConflict, lastSeen, rememberSeen } from "./state.ts";

/** Whose checkpoints are cosigned, with what, and where is remembered what was. */
export interface CosignerDesk {
  readonly log: Vkey;
  readonly cosigner: Cosigner;
  readonly stateFolder: string;
}

/** What tlog-witness answers with, by its status. */
export type CosignAnswer =
  /** Cosigned: `lines` are signature lines. */
  | { readonly status: 200; readonly lines: string }
  /** Another size, or root, was cosigned last: this size. */
  | { readonly status: 409; readonly size: number }
  /** Not a request; not signed by the log's key; another log; the proof does not hold. */
  | { readonly status: 400 | 403 | 404 | 422 };

/**
 * Judges a request and, if all holds, remembers the checkpoint and cosigns it at `now` (milliseconds since 1970).
 * @throws {Refusal} `bad-checkpoint` if what is remembered is damaged. @throws {Fault} if the memory cannot be read or written.
 */
export async function addCheckpoint(body: Uint8Array, { log, cosigner, stateFolder }: CosignerDesk, now: number): Promise<CosignAnswer> {
  const asked = await open(body, log);
  if (typeof asked === "number") return { status: asked };
  const { request, checkpoint, text, note } = asked;
  const { oldSize, proof } = request;
  if (oldSize > checkpoint.size) return { status: 400 };

  const memory = await lastSeen(stateFolder, log.name);
  const seen = memory === null ? { size: 0, root: rootOf([]) } : await openSeen(memory.note, log);
  if (oldSize !== seen.size) return { status: 409, size: seen.size };
  if (seen.size === checkpoint.size && !equal(seen.root, checkpoint.root)) {
    if (memory !== null) await keepConflict(stateFolder, log.name, note);
    return { status: 409, size: seen.size };
  }
  try {
    verifyConsistency(seen.size, seen.root, checkpoint.size, checkpoint.root, proof);
    await rememberSeen(stateFolder, log.name, note, memory);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "bad-proof") return { status: 422 };
    if (error.code !== "another-writer") throw error;
    // Another process cosigned meanwhile: as if this request had come a moment later.
    return addCheckpoint(body, { log, cosigner, stateFolder }, now);
  }
  return { status: 200, lines: formatSignature(await cosigner.cosign(text, Math.floor(now / 1000))) };
}

/** A request whose checkpoint is the log's. */
interface Asked {
  readonly request: AddCheckpoint;
  readonly checkpoint: Checkpoint;
  /** The checkpoint's text, and the note with the log's own signature alone: others' are not kept. */
  readonly text: string;
  readonly note: Bytes;
}

async function open(body: Uint8Array, log: Vkey): Promise<Asked | 400 | 403 | 404> {
  let request: AddCheckpoint;
  let origin: string;
  try {
    request = parseAddCheckpoint(body);
    ({ origin } = parseCheckpoint(parseNote(request.note).text));
  } catch (error) {
    if (error instanceof Refusal) return 400;
    throw error;
  }
  if (origin !== log.name) return 404;
  try {
    const { text, note } = await openNote(request.note, [log]);
    const own = note.signatures.filter(({ name, id }) => name === log.name && id === log.id);
    return { request, checkpoint: parseCheckpoint(text), text, note: formatNote({ text, signatures: own }) };
  } catch (error) {
    if (error instanceof Refusal) return 403;
    throw error;
  }
}
