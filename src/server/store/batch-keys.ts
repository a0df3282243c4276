/**
 * Batch keys: 32 random bytes for each sealed batch, in `keys/batches/<eight digits>.key` below the data folder, outside PostgreSQL and outside its
 * backups. Every item of a batch is stored under its key, so destroying one small file takes the whole batch with it, also out of the database's old
 * pages and logs.
 *
 * State: owned by the keeper (sealing makes, purging destroys). Whoever can read the folder and the database has the envelopes, which are still
 * encrypted to the review machine.
 *
 * A file is overwritten before it is unlinked. On flash and on copying file systems that reaches only the name and the cache; the specification says
 * so (section 13).
 */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { domainHash } from "../../protocol/crypto/hash.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatNumber } from "../../protocol/format/number.ts";
import { destroyDurably, readIfThere, writeDurably } from "./durable-file.ts";

const LENGTH = 32;

/** Puts back the key of a batch, as a backup has it. */
export async function putBatchKey(dataDir: string, batch: number, key: Bytes): Promise<void> {
  await writeDurably(pathOf(dataDir, batch), key);
}

function pathOf(dataDir: string, batch: number): string {
  return join(dataDir, "keys", "batches", `${formatNumber(batch)}.key`);
}

/** Fingerprint of a batch key as the log names it, hexadecimal. */
export function batchKeyFingerprint(key: Bytes): string {
  return toHex(domainHash("firsthand/batch-key/v1", key));
}

/**
 * The key of a batch, made now if there is none. On return it is on the disk. A key that is there is used again: a seal that was interrupted goes on
 * with it.
 */
export async function makeBatchKey(dataDir: string, batch: number): Promise<Bytes> {
  const path = pathOf(dataDir, batch);
  const there = await readIfThere(path);
  if (there?.length === LENGTH) return there;
  const key = randomBytes(LENGTH);
  await writeDurably(path, key);
  return key;
}

/** The key of a batch. @throws {Refusal} `key-destroyed` if it is not there. */
export async function batchKey(dataDir: string, batch: number): Promise<Bytes> {
  const key = await readIfThere(pathOf(dataDir, batch));
  if (key?.length !== LENGTH) throw new Refusal("key-destroyed", `batch ${formatNumber(batch)}`);
  return key;
}

/** Batches that have a key, ascending. */
export async function batchesWithKeys(dataDir: string): Promise<number[]> {
  const names = await readdir(dirname(pathOf(dataDir, 1))).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => /^(\d{8})\.key$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Overwrites the key of a batch, unlinks it and makes both durable. Nothing to do if it is gone: may be repeated. */
export async function destroyBatchKey(dataDir: string, batch: number): Promise<void> {
  await destroyDurably(pathOf(dataDir, batch));
}
