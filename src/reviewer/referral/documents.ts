/** Documents that agencies sent, kept in the casebook as `documents/<SHA-256>.jwe` under the referral's key: gone with its tips. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { closeBox, openBox } from "../casebook/box.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeDurably } from "../casebook/durable-file.ts";
import { sha256Hex } from "./files.ts";

const FOLDER = "documents";

/** Puts a document away; durable when it returns. */
export async function keepDocument(casebook: Casebook, bytes: Bytes, key: Bytes): Promise<{ sha256: string; size: number }> {
  const sha256 = sha256Hex(bytes);
  await mkdir(join(casebook.folder, FOLDER), { recursive: true, mode: 0o700 });
  await writeDurably(join(casebook.folder, FOLDER, `${sha256}.jwe`), [await closeBox(bytes, key, "firsthand-document")]);
  return { sha256, size: bytes.length };
}

/** The document again. @throws {Refusal} `casebook-damaged` if it is not the one that was kept. @throws {Fault}. */
export async function openDocument(casebook: Casebook, sha256: string, key: Bytes): Promise<Bytes> {
  const file = await readFile(join(casebook.folder, FOLDER, `${sha256}.jwe`)).catch((cause: unknown) => {
    throw new Fault("reading a document of an agency", cause);
  });
  const bytes = await openBox(new Uint8Array(file), key, "firsthand-document");
  if (sha256Hex(bytes) !== sha256) throw new Refusal("casebook-damaged", "a document of an agency");
  return bytes;
}
