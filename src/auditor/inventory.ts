/**
 * Does the server still have what the log says it has, and no longer what the log says was destroyed? Its signed inventory against the log as it was at that
 * moment. The auditor gets numbers and fingerprints and nothing that was sealed.
 *
 * An inventory is what the server says of itself; that nobody keeps a copy elsewhere is not in it.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { openNote, type Vkey } from "../protocol/crypto/note.ts";
import { Refusal } from "../protocol/errors.ts";
import { type Inventory, parseInventory } from "../protocol/format/inventory.ts";
import type { PurgedLeaf, SealedLeaf } from "../protocol/format/leaf.ts";
import type { LogPolicy } from "../protocol/format/log-policy.ts";
import type { Finding } from "./findings.ts";
import { type LogOrder, readLog, type Report, trustOf } from "./reading.ts";

/** What a comparison is told. */
export interface InventoryOrder extends LogOrder {
  readonly policy: LogPolicy;
  /** The signed inventory, as `firsthand inventory` writes it. */
  readonly note: Bytes;
}

/** What a comparison says. */
export interface InventoryReport {
  readonly origin: string;
  /** Null if the inventory is not one of this log's server. */
  readonly inventory: Omit<Inventory, "origin"> | null;
  readonly findings: readonly Finding[];
  readonly conflict: string | null;
}

/** 100,000 batches have less. */
const LONGEST_INVENTORY = 16_777_216;

/** Batches by number, as far as an inventory's log went. */
interface Logged {
  readonly sealed: Map<number, SealedLeaf>;
  readonly purged: Map<number, PurgedLeaf>;
}

/**
 * Compares.
 * @throws {Refusal} `bad-vkey` for the policy, `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged.
 * @throws {Fault} if the log cannot be reached, or the memory not be written.
 */
export async function compareInventory(order: InventoryOrder): Promise<InventoryReport> {
  const findings: Finding[] = [];
  const report: Report = (code, where) => {
    findings.push({ code, where });
  };
  const trust = trustOf(order.policy);
  const inventory = await openInventory(order.note, trust.log);
  if (inventory === null) report("inventory-invalid", "inventory");

  const logged: Logged = { sealed: new Map(), purged: new Map() };
  const log = await readLog(order, trust, report, (index, leaf) => {
    if (inventory === null || index >= inventory.size) return;
    // Of two entries for one batch the first counts; that there are two is for `verify` to find.
    if (leaf.kind === "sealed" && !logged.sealed.has(leaf.batch)) logged.sealed.set(leaf.batch, leaf);
    if (leaf.kind === "purged" && !logged.purged.has(leaf.batch)) logged.purged.set(leaf.batch, leaf);
  });
  const base = { origin: trust.log.name, inventory, findings, conflict: log?.conflict ?? null };
  if (inventory === null || log?.authentic !== true) return base;
  if (inventory.size > log.checkpoint.size) report("inventory-ahead", "inventory");
  else compare(inventory, logged, report);
  return base;
}

async function openInventory(note: Bytes, log: Vkey): Promise<Inventory | null> {
  try {
    const { text } = await openNote(note, [log], LONGEST_INVENTORY);
    const inventory = parseInventory(text);
    return inventory.origin === log.name ? inventory : null;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function compare({ batches, keys }: Inventory, { sealed, purged }: Logged, report: Report): void {
  const where = (batch: number): string => `batch ${String(batch)}`;
  const stored = new Map(batches.map((one) => [one.batch, one]));
  const keyOf = new Map(keys.map(({ batch, fingerprint }) => [batch, fingerprint]));

  for (const [batch, leaf] of sealed) {
    const items = stored.get(batch);
    const key = keyOf.get(batch);
    if (purged.has(batch)) {
      if (items !== undefined) report("inventory-batch-left", where(batch));
      if (key !== undefined) report("inventory-key-left", where(batch));
      continue;
    }
    if (items === undefined) report("inventory-batch-missing", where(batch));
    else if (items.items !== leaf.size) report("inventory-count-wrong", where(batch));
    else if (!items.whole) report("inventory-batch-damaged", where(batch));
    if (key === undefined) report("inventory-key-missing", where(batch));
    else if (key !== leaf.key) report("inventory-key-wrong", where(batch));
  }
  for (const batch of new Set([...stored.keys(), ...keyOf.keys()])) {
    if (!sealed.has(batch)) report("inventory-unlogged", where(batch));
  }
}
