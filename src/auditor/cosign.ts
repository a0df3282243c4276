/**
 * Cosigning: "this is the largest consistent tree of this log that I saw" (C2SP tlog-cosignature v1). A cosigner reads the whole log, holds it against the
 * checkpoint it saw last, remembers the new one on disk, and only then signs. What it signs is a note that is carried back in a file.
 *
 * A cosignature says nothing about retention or any other rule; `verify` does. Its memory is what it is worth: without the folder of last seen checkpoints a key
 * must not be used again.
 *
 * The key's file is one line, as golang.org/x/mod has it, with the type of cosigners: `PRIVATE+KEY+<name>+<key id>+<base64 of 4 ‖ seed>`.
 * Known gap: one cosigning at a time per folder is the user's duty; nothing locks it.
 */
import { open, readFile } from "node:fs/promises";
import { type Bytes, concat } from "../protocol/bytes.ts";
import { type Cosigner, cosignerFromSeed, openNote } from "../protocol/crypto/note.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { fromBase64, toBase64 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { formatNote, NAME } from "../protocol/format/note.ts";
import type { LogTrust } from "../protocol/tlog/verify.ts";
import type { Finding } from "./findings.ts";
import { type LogOrder, readLog } from "./reading.ts";

/** What a cosigning is told. */
export interface CosignOrder extends LogOrder {
  /** Only the log's key counts: other cosigners need not have signed before. */
  readonly trust: LogTrust;
  readonly cosigner: Cosigner;
  readonly stateFolder: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What came of it: a checkpoint with the log's signature and the cosigner's, or what speaks against signing. */
export interface Cosigning {
  readonly origin: string;
  readonly size: number | null;
  readonly findings: readonly Finding[];
  /** Null if there are findings. */
  readonly note: Bytes | null;
  readonly conflict: string | null;
}

const COSIGNATURE = 4;
const SEED_LENGTH = 32;
const KEY = new RegExp(`^PRIVATE\\+KEY\\+(${NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)\\n?$`, "u");

/**
 * Verifies and cosigns.
 * @throws {Refusal} `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged. @throws {Fault}.
 */
export async function cosignLog(order: CosignOrder): Promise<Cosigning> {
  const { trust, cosigner, now } = order;
  const findings: Finding[] = [];
  const log = await readLog(
    order,
    { log: trust.log },
    (code, where) => void findings.push({ code, where }),
    () => undefined,
  );
  const origin = trust.log.name;
  if (log === null || !log.authentic || findings.length > 0) {
    return { origin, size: log?.checkpoint.size ?? null, findings, note: null, conflict: log?.conflict ?? null };
  }
  const { text, note } = await openNote(log.note, [trust.log]);
  const own = note.signatures.filter(({ name, id }) => name === trust.log.name && id === trust.log.id);
  const cosignature = await cosigner.cosign(text, Math.floor(now / 1000));
  return { origin, size: log.checkpoint.size, findings, note: formatNote({ text, signatures: [...own, cosignature] }), conflict: null };
}

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
