/** A cosigner's key on disk: one line (`protocol/crypto/private-key.ts`), of the type of cosigners. */
import { open, readFile } from "node:fs/promises";
import { type Cosigner, cosignerFromSeed } from "../protocol/crypto/note.ts";
import { formatPrivateKey, isKeyName, parsePrivateKey } from "../protocol/crypto/private-key.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { Fault, Refusal } from "../protocol/errors.ts";

const COSIGNATURE = 4;
const SEED_LENGTH = 32;

/** Makes a cosigner's key in a new file that only its owner can read. @throws {Refusal} `usage` for the name, `already-there`. @throws {Fault}. */
export async function makeCosigner(name: string, path: string): Promise<Cosigner> {
  if (!isKeyName(name)) throw new Refusal("usage", "a name has no white space and no plus");
  const seed = randomBytes(SEED_LENGTH);
  await writeNew(path, await formatPrivateKey(name, COSIGNATURE, seed));
  return cosignerFromSeed(name, seed);
}

/** Reads a cosigner's key. @throws {Refusal} `bad-field`. @throws {Fault}. */
export async function readCosigner(path: string): Promise<Cosigner> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Fault(`reading the key ${path}`, error);
  }
  const { name, seed } = await parsePrivateKey(text, COSIGNATURE);
  return cosignerFromSeed(name, seed);
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
