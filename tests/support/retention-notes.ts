/** Retention notes for tests: three people with keys that are the same in every run, and notes signed by whomever a test wants. */
import type { Bytes } from "../../src/protocol/bytes.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import type { NoteSigner } from "../../src/protocol/crypto/note.ts";
import { signRetentionNote } from "../../src/protocol/crypto/retention-note.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { type NoteSignature, parseNote } from "../../src/protocol/format/note.ts";
import type { RetentionPolicy } from "../../src/protocol/format/retention.ts";
import { formatRetentionNote, NO_NOTE_BEFORE, parseRetentionNote, type RetentionNote } from "../../src/protocol/format/retention-note.ts";
import { signerOf } from "./memory-log.ts";

/** The three people who may sign changes of this log's policy. */
export async function policySigners(origin: string): Promise<[NoteSigner, NoteSigner, NoteSigner]> {
  const [one, two, three] = await Promise.all([1, 2, 3].map((number) => signerOf(`${origin}/retention/${String(number)}`)));
  return [one!, two!, three!];
}

/** The note a log begins with. */
export async function firstPolicyNote(origin: string, policy: RetentionPolicy, review: NoteSigner, from = "2026-01-01"): Promise<Bytes> {
  const signers = (await policySigners(origin)).map(({ vkey }) => vkey.text).sort();
  return review.sign(formatRetentionNote({ origin, number: 1, from, previous: NO_NOTE_BEFORE, policy, signers }));
}

/** The note after `before` (a signed note), with some things changed, signed by `signers`. */
export async function nextPolicyNote(before: Bytes, change: Partial<RetentionNote>, signers: readonly NoteSigner[]): Promise<Bytes> {
  const { text } = parseNote(before);
  const note = parseRetentionNote(text);
  const next = formatRetentionNote({ ...note, number: note.number + 1, previous: toHex(sha256(utf8(text))), ...change });
  let signatures: readonly NoteSignature[] = [];
  let signed: Bytes | undefined;
  for (const signer of signers) {
    signed = await signRetentionNote(next, signatures, signer);
    ({ signatures } = parseNote(signed));
  }
  if (signed === undefined) throw new Error("somebody must sign");
  return signed;
}
