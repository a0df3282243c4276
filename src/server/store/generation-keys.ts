/**
 * Generation keys: 32 random bytes for each generation, in `keys/generations/<eight digits>.key` below the data folder, outside PostgreSQL and its backups.
 *
 * The row of a generation has the fingerprint of its key. A key file of that number that belongs to another database has another one, and is refused before
 * anything is written under it.
 *
 * State: the keeper makes and destroys the files. {@link HeldKeys} is what a process that serves keeps of them in memory.
 */
import { join } from "node:path";
import { type Bytes, equal } from "../../protocol/bytes.ts";
import { domainHash } from "../../protocol/crypto/hash.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatNumber } from "../../protocol/format/number.ts";
import { destroyDurably, FOR_INTAKE_TOO, readIfThere, writeDurably } from "./durable-file.ts";
import { Pending } from "./pending.ts";

const LENGTH = 32;

/** How long a key that nobody asks for stays in memory, milliseconds. */
const UNUSED = 60_000;

/** A generation as its row names its key. `fingerprint` is null in a row made before there were any. */
export interface GenerationRow {
  readonly generation: number;
  readonly fingerprint: Uint8Array | null;
}

function pathOf(dataDir: string, generation: number): string {
  return join(dataDir, "keys", "generations", `${formatNumber(generation)}.key`);
}

function refuse(): never {
  throw new Refusal("keys-missing", "DATA_DIR/keys/generations");
}

/** What a generation's row says of its key, 32 bytes. */
function fingerprintOf(key: Bytes): Bytes {
  return domainHash("firsthand/generation-key/v1", key);
}

/** Makes the key of a generation, durable on return, unless it is there. @returns its fingerprint. */
export async function makeGenerationKey(dataDir: string, generation: number): Promise<Bytes> {
  const path = pathOf(dataDir, generation);
  const there = await readIfThere(path);
  if (there?.length === LENGTH) return fingerprintOf(there);
  const key = randomBytes(LENGTH);
  await writeDurably(path, key, FOR_INTAKE_TOO);
  return fingerprintOf(key);
}

/**
 * Checks that DATA_DIR has the key a row speaks of.
 * @returns its fingerprint.
 * @throws {Refusal} `keys-missing` if it has none or another: DATA_DIR is not the one the database was filled with.
 */
export async function checkGenerationKey(dataDir: string, { generation, fingerprint }: GenerationRow): Promise<Bytes> {
  const found = fingerprintOf(await generationKey(dataDir, generation));
  if (fingerprint !== null && !equal(fingerprint, found)) refuse();
  return found;
}

async function generationKey(dataDir: string, generation: number): Promise<Bytes> {
  const key = await readIfThere(pathOf(dataDir, generation));
  return key?.length === LENGTH ? key : refuse();
}

/** The keys of a generation, ready for use. @throws {Refusal} `keys-missing`. */
export async function pendingOf(dataDir: string, generation: number): Promise<Pending> {
  return new Pending(generation, await generationKey(dataDir, generation));
}

/** Overwrites the key of a generation, unlinks it and makes both durable. May be repeated. */
export async function destroyGenerationKey(dataDir: string, generation: number): Promise<void> {
  await destroyDurably(pathOf(dataDir, generation));
}

/**
 * Generation keys in memory, so that not every request reads them from the disk. A key is let go with the first request after its generation was dropped (by
 * whatever process), and in any case when nobody has asked for a while.
 */
export class HeldKeys {
  readonly #dataDir: string;
  readonly #held = new Map<number, Pending>();
  #latest: readonly Pending[] | null = null;
  #forgetting: NodeJS.Timeout | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /**
   * The keys of these generations, in their order. `rows` are all generations there are, read under the generations' lock.
   * @throws {Refusal} `keys-missing`.
   */
  async of(rows: readonly GenerationRow[]): Promise<Pending[]> {
    for (const held of this.#held.keys()) if (!rows.some(({ generation }) => generation === held)) this.#held.delete(held);
    this.#forgetting ??= setTimeout(() => {
      this.forget();
    }, UNUSED).unref();
    this.#forgetting.refresh();
    const live: Pending[] = [];
    for (const row of rows) live.push(this.#held.get(row.generation) ?? (await this.#load(row)));
    this.#latest = live;
    return live;
  }

  /** What {@link of} gave last, null if that was let go: most likely what it will give next. */
  latest(): readonly Pending[] | null {
    return this.#latest;
  }

  /** Lets all go. */
  forget(): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = undefined;
    this.#held.clear();
    this.#latest = null;
  }

  async #load(row: GenerationRow): Promise<Pending> {
    const key = await generationKey(this.#dataDir, row.generation);
    if (row.fingerprint !== null && !equal(row.fingerprint, fingerprintOf(key))) refuse();
    const pending = new Pending(row.generation, key);
    this.#held.set(row.generation, pending);
    return pending;
  }
}
