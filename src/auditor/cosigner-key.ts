/**
 * A cosigner's key on disk: one line, as golang.org/x/mod has it, with the type of cosigners:
 *
 *     PRIVATE+KEY+<name>+<key id>+<base64 of 4 ‖ seed>
 */
import { open, readFile } from "node:fs/promises";
import { type Bytes, concat } from "../protocol/bytes.ts";
import { type Cosigner, cosignerFromSeed } from "../protocol/crypto/note.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { fromBase64, toBase64 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { NAME } from "../protocol/format/note.ts";

const COSIGNATURE = 4;
const SEED_LENGTH = 32;
const KEY = new RegExp(`^PRIVATE\\+KEY\\+(${NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)\\n?$`, "u");

/** Makes a cosigner's key in a new file that only its owner can read. @throws {Refusal} `usage` for the name, `already-there`. @throws {Fault}. */
export async function makeCosigner(name: string, path: string): Promise<Cosigner> {
  if (!new RegExp(`^${NAME}$`, "u").test(name)) throw new Refusal("usage", "a name has no white space and no plus");
  const seed = randomBytes(SEED_LENGTH);
  const cosigner = await cosignerFromSeed(name, seed);
  const key = `PRIVATE+KEY+${name}+${idOf(cosigner)}+${toBase64(concat(Uint8Array.of(COSIGNATURE), seed))}\n`;
  await writeNew(path, key);
  return cosigner;
}

/** Reads a cosigner's key. @throws {Refusal} `bad-field`. @throws {Fault}. */
export async function readCosigner(path: string): Promise<Cosigner> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Fault(`reading the key ${path}`, error);
  }
  const match = KEY.exec(text);
  const [, name = "", id = "", encoded = ""] = match ?? [];
  let key: Bytes;
  try {
    key = fromBase64(encoded);
  } catch {
    throw new Refusal("bad-field", "the cosigner's key");
  }
  if (match === null || key.length !== 1 + SEED_LENGTH || key[0] !== COSIGNATURE) throw new Refusal("bad-field", "the cosigner's key");
  const cosigner = await cosignerFromSeed(name, key.slice(1));
  if (idOf(cosigner) !== id) throw new Refusal("bad-field", "the id of the cosigner's key");
  return cosigner;
}

function idOf({ vkey }: Cosigner): string {
  return vkey.id.toString(16).padStart(8, "0");
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw new Refusal("already-there", "the key's file");
    throw new Fault(`writing the key ${path}`, error);
  }
}
