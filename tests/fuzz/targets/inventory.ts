/** Texts of inventories, which auditors hold against the log. */
import { formatInventory, parseInventory } from "../../../src/protocol/format/inventory.ts";
import { formatOfText } from "../engine/format.ts";

const stored = { origin: "tips.test/log", date: "2026-11-24", size: 130 };
const fingerprint = "0c".repeat(32);

export const target = formatOfText(
  parseInventory,
  formatInventory,
  () => [
    formatInventory({ ...stored, batches: [], keys: [] }),
    formatInventory({
      ...stored,
      batches: [
        { batch: 1, items: 64, whole: true },
        { batch: 2, items: 0, whole: false },
      ],
      keys: [
        { batch: 1, fingerprint },
        { batch: 3, fingerprint },
      ],
    }),
  ],
  1000,
);
