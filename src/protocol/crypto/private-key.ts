/**
 * The secret half of a note key as one line, as golang.org/x/mod/sumdb/note writes it:
 *
 *     PRIVATE+KEY+<name>+<key id, 8 digits>+<base64 of type ‖ 32-byte seed>
 */
import { type Bytes, concat } from "../bytes.ts";
import { fromBase64, toBase64 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { NAME } from "../format/note.ts";
import { formatVkey, type Vkey } from "./note.ts";
import { signingKeyFromSeed } from "./ed25519.ts";

const KEY = new RegExp(`^PRIVATE\\+KEY\\+(${NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)\\n?$`, "u");
const SEED_LENGTH = 32;

/** What a key signs: 1 notes, 4 cosignatures. */
export type KeyType = 1 | 4;

/** Whether a key may be called so: no white space, no plus. */
export function isKeyName(name: string): boolean {
  return new RegExp(`^${NAME}$`, "u").test(name);
}

/** The line, with its line feed. `seed` has 32 bytes. */
export async function formatPrivateKey(name: string, type: KeyType, seed: Bytes): Promise<string> {
  const vkey = await vkeyOf(name, type, seed);
  return `PRIVATE+KEY+${name}+${idOf(vkey)}+${toBase64(concat(Uint8Array.of(type), seed))}\n`;
}

/** A name and seed from such a line. @throws {Refusal} `bad-field`, also if the key is of another type. */
export async function parsePrivateKey(text: string, type: KeyType): Promise<{ readonly name: string; readonly seed: Bytes }> {
  const match = KEY.exec(text);
  const [, name = "", id = "", encoded = ""] = match ?? [];
  let key: Bytes;
  try {
    key = fromBase64(encoded);
  } catch {
    throw new Refusal("bad-field", "the key");
  }
  if (match === null || key.length !== 1 + SEED_LENGTH || key[0] !== type) throw new Refusal("bad-field", "the key");
  const seed = key.slice(1);
  if (idOf(await vkeyOf(name, type, seed)) !== id) throw new Refusal("bad-field", "the key's id");
  return { name, seed };
}

async function vkeyOf(name: string, type: KeyType, seed: Bytes): Promise<Vkey> {
  return formatVkey(name, (await signingKeyFromSeed(seed)).publicKey, type);
}

function idOf({ id }: Vkey): string {
  return id.toString(16).padStart(8, "0");
}
