/** A log with batches in it, kept in memory, for tests of who looks for one item. */
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import type { NoteSigner } from "../../src/protocol/crypto/note.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { addDays } from "../../src/protocol/format/date.ts";
import type { Leaf } from "../../src/protocol/format/leaf.ts";
import { formatReceipt } from "../../src/protocol/format/receipt.ts";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { MemoryLog } from "./memory-log.ts";

const HASH = "0".repeat(64);

/** Commitment of item `position` of a batch. */
export function commitmentIn(batch: number, position: number): Bytes {
  return sha256(utf8(`item ${String(batch)} ${String(position)}`));
}

/** Day on which a batch is sealed: 2026-01-02 for the first. */
export function dateOf(batch: number): string {
  return addDays("2026-01-01", batch);
}

/** The entries of a batch: its items and its sealing. */
export function batchLeaves(batch: number, size = 64): Leaf[] {
  const items = Array.from({ length: size }, (_, position) => toHex(commitmentIn(batch, position))).sort();
  return [
    ...items.map((c): Leaf => ({ kind: "received", batch, c })),
    { kind: "sealed", batch, date: dateOf(batch), size, policy: HASH, key: HASH },
  ];
}

/** A log of `batches` batches of 64 items, after an entry of its key. */
export async function batchLog(signer: NoteSigner, batches: number): Promise<MemoryLog> {
  const log = new MemoryLog(signer);
  await log.append([{ kind: "key", action: "published", date: "2026-01-01", role: "log", vkey: HASH }]);
  for (let batch = 1; batch <= batches; batch++) await log.append(batchLeaves(batch));
  return log;
}

/** A receipt as the server gives it: a signed note. */
export function receiptOf(signer: NoteSigner, commitment: Bytes, batch: number): Promise<Bytes> {
  return signer.sign(formatReceipt({ origin: signer.vkey.name, commitment, batch }));
}
