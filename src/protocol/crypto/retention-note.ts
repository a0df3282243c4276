/**
 * Who decided on a retention policy (README, section 11). The first note of a log is signed by its review key, which every auditor knows; each later one by two
 * of the people whom the note before names. So the chain from the first to the last is checked with no key but the review key, and neither the server nor one
 * person alone shortens a promise.
 */
import type { Bytes } from "../bytes.ts";
import { toHex, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { formatNote, type NoteSignature, parseNote } from "../format/note.ts";
import { formatRetention } from "../format/retention.ts";
import { LONGEST_RETENTION_NOTE, parseRetentionNote, type RetentionNote, SIGNERS_NEEDED } from "../format/retention-note.ts";
import { sha256 } from "./hash.ts";
import { type NoteSigner, openNote, parseVkey, type Vkey } from "./note.ts";

/** A retention note whose signatures were checked. */
export interface DecidedPolicy extends RetentionNote {
  /** The policy's file, and its SHA-256 in hexadecimal: what `sealed` entries name. */
  readonly file: Bytes;
  readonly sha256: string;
  /** SHA-256 of the text, hexadecimal: the `previous` of the next note. */
  readonly textHash: string;
  /** The signed note as it is published, and its SHA-256 in hexadecimal. */
  readonly signed: Bytes;
  readonly noteHash: string;
  /** The keys that may sign the next note. */
  readonly keys: readonly Vkey[];
}

/** `where` of the refusal of a note that only one person signed. */
export const ONE_PERSON = "by one person only";

/**
 * The policy in a signed note that follows `before`, or is the first one (`before` null).
 * @throws {Refusal} `bad-note`; `bad-policy`, also if it does not follow; `bad-vkey`; `wrong-origin`; `bad-signature`; `policy-not-signed` (with
 * {@link ONE_PERSON} if one of the two is missing).
 */
export async function openRetentionNote(
  bytes: Bytes,
  { origin, review, before }: { readonly origin: string; readonly review: Vkey; readonly before: DecidedPolicy | null },
): Promise<DecidedPolicy> {
  const { text } = parseNote(bytes, LONGEST_RETENTION_NOTE);
  const note = parseRetentionNote(text);
  if (note.origin !== origin) throw new Refusal("wrong-origin", "retention note");
  const keys = note.signers.map(parseVkey);
  // The same key under two names would be one person twice.
  if (new Set(keys.map(({ publicKey }) => toHex(publicKey))).size !== keys.length) throw new Refusal("bad-policy", "signers");
  if (note.number !== (before?.number ?? 0) + 1) throw new Refusal("bad-policy", "number");
  if (before !== null && note.previous !== before.textHash) throw new Refusal("bad-policy", "previous");
  const signed = await signersAmong(bytes, before === null ? [review] : before.keys);
  if (signed < (before === null ? 1 : SIGNERS_NEEDED)) throw new Refusal("policy-not-signed", signed === 1 ? ONE_PERSON : undefined);
  const file = formatRetention(note.policy);
  const hashes = { sha256: toHex(sha256(file)), textHash: toHex(sha256(utf8(text))), noteHash: toHex(sha256(bytes)) };
  return { ...note, ...hashes, file, signed: bytes, keys };
}

async function signersAmong(bytes: Bytes, keys: readonly Vkey[]): Promise<number> {
  try {
    return (await openNote(bytes, keys, LONGEST_RETENTION_NOTE)).signers.length;
  } catch (error) {
    if (error instanceof Refusal && error.code === "unknown-signer") return 0;
    throw error;
  }
}

/**
 * A note's text signed by one more person, after the `signatures` it has. The signer sees the text before; a second signature by the same key is a bug.
 */
export async function signRetentionNote(text: string, signatures: readonly NoteSignature[], signer: NoteSigner): Promise<Bytes> {
  parseRetentionNote(text);
  const { name, id } = signer.vkey;
  if (signatures.some((one) => one.name === name && one.id === id)) throw new Error("a person signs once");
  const { signatures: own } = parseNote(await signer.sign(text));
  return formatNote({ text, signatures: [...signatures, ...own] });
}
