/**
 * The other side of tlog-witness: takes a log's checkpoint to a cosigner, and brings the cosignature back. The intake server calls nobody, so somebody else does it
 * for the log, from wherever log and cosigner can both be reached; `firsthand cosign FILE` publishes what comes of it.
 *
 * Log and cosigner are hostile: the checkpoint must be signed by the log's key before it is carried, and only signatures that verify are taken.
 */
import { fetch } from "undici";
import { asBytes, type Bytes, collect, concat } from "../protocol/bytes.ts";
import { openNote } from "../protocol/crypto/note.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { formatAddCheckpoint } from "../protocol/format/add-checkpoint.ts";
import type { Checkpoint } from "../protocol/format/checkpoint.ts";
import { formatNote } from "../protocol/format/note.ts";
import { consistencyProof } from "../protocol/tlog/tree.ts";
import { type LogTrust, verifyCheckpoint } from "../protocol/tlog/verify.ts";
import { type LogFiles, TilesAhead } from "./fetch.ts";
import type { Line } from "./line.ts";

/** A checkpoint of a log that can be taken to cosigners. */
export interface Submission {
  readonly checkpoint: Checkpoint;
  /** With the log's own signature alone. */
  readonly note: Bytes;
  /** What a cosigner is to be asked with if the size it cosigned last is this. @throws {Refusal} `log-shrunk` if it is larger than the log; `not-found`, `bad-tile`. */
  readonly request: (oldSize: number) => Promise<Bytes>;
}

const LONGEST_ANSWER = 65_536;
const TIME_FOR_AN_ANSWER = 60_000;
/** The first question may be answered with the size; the second has the proof; a third is for a cosigner that was asked by somebody else in between. */
const QUESTIONS = 3;

/**
 * Reads the checkpoint.
 * @throws {Refusal} `not-found` if there is no log; what is wrong with its checkpoint. @throws {Fault} if the log cannot be reached.
 */
export async function readSubmission(files: LogFiles, { log }: LogTrust): Promise<Submission> {
  const published = await files.read("checkpoint", LONGEST_ANSWER);
  if (published === null) throw new Refusal("not-found", "checkpoint");
  const checkpoint = await verifyCheckpoint(published, { log });
  const { text, note } = await openNote(published, [log]);
  const own = formatNote({ text, signatures: note.signatures.filter(({ name, id }) => name === log.name && id === log.id) });
  return {
    checkpoint,
    note: own,
    request: async (oldSize) => {
      if (oldSize > checkpoint.size) throw new Refusal("log-shrunk");
      const proof = await consistencyProof(oldSize, checkpoint.size, new TilesAhead(files, 0));
      return formatAddCheckpoint({ oldSize, proof, note: own });
    },
  };
}

/**
 * Asks the cosigner at `address` (its submission prefix) and returns the checkpoint with the log's signature and those of trusted cosigners that it gave.
 * @throws {Refusal} `log-shrunk` or `log-forked` if the cosigner has seen another log; `unknown-signer` if nobody trusted signed; `bad-signature`.
 * @throws {Fault} if it cannot be reached or answers with anything else.
 */
export async function submit(
  { request, note, checkpoint }: Submission,
  address: URL,
  { cosigners = [] }: LogTrust,
  line: Line,
): Promise<Bytes> {
  const place = new URL(`${address.href.replace(/\/$/, "")}/add-checkpoint`);
  let oldSize = 0;
  for (let question = 1; question <= QUESTIONS; question++) {
    const { status, body } = await post(place, await request(oldSize), line);
    if (status === 200)
      return withSignatures(
        note,
        body,
        cosigners.map(({ vkey }) => vkey),
      );
    if (status !== 409) throw new Fault(`asking ${place.href}`, new Error(`the cosigner answered with status ${String(status)}`));
    const size = sizeIn(body);
    if (size === null) throw new Fault(`asking ${place.href}`, new Error("the cosigner's answer is not understood"));
    // It knows this very size, and still says no: under another root.
    if (size === oldSize && size === checkpoint.size) throw new Refusal("log-forked");
    oldSize = size;
  }
  throw new Fault(`asking ${place.href}`, new Error("the cosigner says another size each time"));
}

async function withSignatures(note: Bytes, lines: Bytes, keys: Parameters<typeof openNote>[1]): Promise<Bytes> {
  const { text, signers, note: opened } = await openNote(concat(note, lines), keys);
  const [own] = opened.signatures;
  const theirs = opened.signatures.filter((one) => signers.some(({ name, id }) => name === one.name && id === one.id));
  return formatNote({ text, signatures: own === undefined ? theirs : [own, ...theirs] });
}

function sizeIn(body: Bytes): number | null {
  const match = /^(0|[1-9][0-9]{0,15})\n$/.exec(new TextDecoder().decode(body));
  const size = Number(match?.[1]);
  return Number.isSafeInteger(size) ? size : null;
}

async function post(place: URL, content: Bytes, { dispatcher }: Line): Promise<{ status: number; body: Bytes }> {
  try {
    const { status, body } = await fetch(place, {
      dispatcher,
      method: "POST",
      redirect: "manual",
      body: content,
      signal: AbortSignal.timeout(TIME_FOR_AN_ANSWER),
    });
    return { status, body: body === null ? new Uint8Array() : asBytes(await collect(body, LONGEST_ANSWER)) };
  } catch (error) {
    throw new Fault(`asking ${place.href}`, error);
  }
}
