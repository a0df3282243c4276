/**
 * Signed notes with keys: C2SP signed-note (Ed25519, type 1) and C2SP tlog-cosignature (`cosignature/v1`, type 4).
 *
 * A verifier key is `<name>+<key id, 8 hexadecimal digits>+<base64 of type ‖ public key>`, its key id the first four octets of
 * `SHA-256(name ‖ 0x0A ‖ type ‖ public key)`. The first line of a text is its domain: whoever signs says there what it is signing.
 */
import { type Bytes, concat, equal, readInteger, u64 } from "../bytes.ts";
import { fromBase64, fromHex, toBase64, toHex, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { formatNote, NAME, type Note, type NoteSignature, parseNote } from "../format/note.ts";
import { signingKeyFromSeed, type SigningKey, verifySignature } from "./ed25519.ts";
import { sha256 } from "./hash.ts";

/** Signs the text itself. */
const ED25519 = 1;
/** Signs `cosignature/v1`, a time and the text: "I saw this log grow consistently". */
const COSIGNATURE = 4;

/** A verifier key. */
export interface Vkey {
  readonly name: string;
  readonly id: number;
  /** 1 (signed note) or 4 (cosignature). */
  readonly type: number;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Bytes;
  /** The one text of this key. */
  readonly text: string;
}

/** A key that signs notes. The seed stays inside. */
export interface NoteSigner {
  readonly vkey: Vkey;
  /** The signed note with this text, which ends with a newline and begins with its purpose. */
  sign(text: string): Promise<Bytes>;
}

/** A key that cosigns checkpoints. The seed stays inside. */
export interface Cosigner {
  readonly vkey: Vkey;
  /** The cosignature over a checkpoint's text at `time` (whole seconds since 1970, at least 1): "this is the largest consistent tree of this log that I saw". */
  cosign(text: string, time: number): Promise<NoteSignature>;
}

const VKEY = new RegExp(`^(${NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)$`, "u");

/** The verifier key with this name and public key (32 bytes). Type 1 signs notes, 4 cosigns checkpoints. */
export function formatVkey(name: string, publicKey: Bytes, type: 1 | 4 = ED25519): Vkey {
  if (publicKey.length !== 32) throw new Error("an Ed25519 public key is 32 bytes");
  const key = concat(Uint8Array.of(type), publicKey);
  const id = sha256(utf8(`${name}\n`), key).slice(0, 4);
  const text = `${name}+${toHex(id)}+${toBase64(key)}`;
  if (!VKEY.test(text)) throw new Error("a key name has no white space and no plus");
  return { name, id: readInteger(id, 0, 4), type, publicKey, text };
}

/** The verifier key of its text. @throws {Refusal} `bad-vkey`, also if the key id does not fit or the type is not known. */
export function parseVkey(text: string): Vkey {
  const match = VKEY.exec(text);
  if (match === null) throw new Refusal("bad-vkey");
  const [, name = "", id = "", encoded = ""] = match;
  let key: Bytes;
  try {
    key = fromBase64(encoded);
  } catch {
    throw new Refusal("bad-vkey");
  }
  const [type] = key;
  if (key.length !== 33 || (type !== ED25519 && type !== COSIGNATURE)) throw new Refusal("bad-vkey", "type");
  const vkey = formatVkey(name, key.slice(1), type);
  if (!equal(fromHex(id, 4), fromHex(vkey.id.toString(16).padStart(8, "0"), 4))) throw new Refusal("bad-vkey", "id");
  return vkey;
}

/** The signer with this name and 32-byte Ed25519 seed. */
export async function noteSigner(name: string, seed: Bytes): Promise<NoteSigner> {
  return noteSignerOf(name, await signingKeyFromSeed(seed));
}

/** The signer with this name and Ed25519 key. */
export function noteSignerOf(name: string, key: SigningKey): NoteSigner {
  const vkey = formatVkey(name, key.publicKey);
  return {
    vkey,
    sign: async (text) => formatNote({ text, signatures: [{ name, id: vkey.id, signature: await key.sign(utf8(text)) }] }),
  };
}

/** The cosigner with this name and 32-byte Ed25519 seed. The seed is to be used for nothing else. */
export async function cosignerFromSeed(name: string, seed: Bytes): Promise<Cosigner> {
  const key = await signingKeyFromSeed(seed);
  const vkey = formatVkey(name, key.publicKey, COSIGNATURE);
  return {
    vkey,
    cosign: async (text, time) => {
      if (!Number.isSafeInteger(time) || time < 1) throw new Error("a cosignature has a time in whole seconds");
      return { name, id: vkey.id, signature: concat(u64(time), await key.sign(cosigned(time, text))) };
    },
  };
}

/** tlog-cosignature: what is signed. */
function cosigned(time: number, text: string): Bytes {
  return utf8(`cosignature/v1\ntime ${String(time)}\n${text}`);
}

/**
 * The text of a note that at least one of `keys` signed, and which of them did. Signatures by other keys are ignored, as C2SP asks; a wrong one by a key of
 * ours is not. `limit` bounds the note's bytes.
 * @throws {Refusal} `bad-note`, `bad-signature` (a wrong signature, or two, by one of `keys`), `unknown-signer` (none by any).
 */
export async function openNote(
  bytes: Uint8Array,
  keys: readonly Vkey[],
  limit?: number,
): Promise<{ readonly text: string; readonly signers: readonly Vkey[]; readonly note: Note }> {
  const note = parseNote(bytes, limit);
  const signers: Vkey[] = [];
  for (const signature of note.signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && id === signature.id);
    if (key === undefined) continue;
    if (signers.includes(key)) throw new Refusal("bad-signature", "twice");
    await verify(note.text, key, signature);
    signers.push(key);
  }
  if (signers.length === 0) throw new Refusal("unknown-signer");
  return { text: note.text, signers, note };
}

/** Whether a key cosigns, rather than signs. */
export function isCosigner({ type }: Vkey): boolean {
  return type === COSIGNATURE;
}

/** When a cosigner's signature, which was verified, was made: whole seconds since 1970. */
export function cosignedAt(key: Vkey, { signature }: NoteSignature): number {
  if (!isCosigner(key)) throw new Error("only cosignatures have a time");
  return readInteger(signature, 0, 8);
}

async function verify(text: string, key: Vkey, { signature }: NoteSignature): Promise<void> {
  if (key.type === ED25519) return verifySignature(key.publicKey, utf8(text), signature);
  // u64 seconds since 1970 ‖ Ed25519 over "cosignature/v1" LF "time <seconds>" LF text.
  if (signature.length !== 72) throw new Refusal("bad-signature");
  const time = readInteger(signature, 0, 8);
  return verifySignature(key.publicKey, cosigned(time, text), signature.slice(8));
}
