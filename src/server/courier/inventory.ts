/**
 * The inventory an auditor asks for: what is stored of sealed batches, and which batch keys are there, signed by the log key. It is taken while no keeper works, so
 * that a purge is not seen half done, and with no more rights than an auditor's role has: no item is read, no key leaves, nothing that waits is counted.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { dayOf, formatDate } from "../../protocol/format/date.ts";
import { formatInventory, type Inventory, type StoredBatch, type StoredKey } from "../../protocol/format/inventory.ts";
import type { Context } from "../context.ts";
import { batchesWithKeys, batchKey, batchKeyFingerprint } from "../store/batch-keys.ts";
import type { Connection } from "../store/database.ts";
import { asKeeper } from "../store/locks.ts";
import { checkpointSize, publishedCheckpoint } from "../store/log-store.ts";
import { connectedAs } from "../store/logins.ts";

/** An inventory, and the note in which it is signed. */
export interface SignedInventory {
  readonly inventory: Inventory;
  readonly note: Bytes;
}

/** Takes the inventory, waiting up to `patience` milliseconds for a keeper at work. @throws {Refusal} `another-writer`. @throws {Fault}. */
export async function takeInventory({ config, db, keys, clock }: Context, patience: number): Promise<SignedInventory> {
  return asKeeper(db, config.dataDir, patience, async () => {
    const { size, batches } = await connectedAs(config.dataDir, "firsthand_auditor", (auditor) =>
      auditor.transaction(async (tx) => ({ size: await publishedSize(tx), batches: await storedBatches(tx) })),
    );
    const inventory: Inventory = {
      origin: keys.origin,
      date: formatDate(dayOf(clock())),
      size,
      batches,
      keys: await storedKeys(config.dataDir),
    };
    return { inventory, note: await keys.logSigner.sign(formatInventory(inventory)) };
  });
}

async function publishedSize(tx: Connection): Promise<number> {
  const checkpoint = await publishedCheckpoint(tx);
  return checkpoint === null ? 0 : checkpointSize(checkpoint);
}

async function storedBatches(tx: Connection): Promise<StoredBatch[]> {
  return tx.query<StoredBatch>("select batch, items, whole from inventory() order by batch");
}

async function storedKeys(dataDir: string): Promise<StoredKey[]> {
  const keys: StoredKey[] = [];
  for (const batch of await batchesWithKeys(dataDir)) {
    keys.push({ batch, fingerprint: batchKeyFingerprint(await batchKey(dataDir, batch)) });
  }
  return keys;
}
