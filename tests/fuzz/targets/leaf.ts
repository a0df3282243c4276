/** Entries of the log. */
import { formatLeaf, type Leaf, parseLeaf } from "../../../src/protocol/format/leaf.ts";
import { formatOfBytes } from "../engine/format.ts";

const hash = "0a".repeat(32);
const date = "2026-11-24";
const LEAVES: readonly Leaf[] = [
  { kind: "key", action: "published", date, role: "log", vkey: hash },
  { kind: "epoch", action: "destroyed", certificate: "rewards", fingerprint: hash, from: date, to: "2026-12-01" },
  { kind: "policy", date, from: date, note: hash, number: 2, sha256: hash },
  { kind: "page", date, manifest: hash, commit: "0b".repeat(20), sbom: hash },
  { kind: "received", batch: 3, c: hash },
  { kind: "sealed", batch: 3, date, size: 64, policy: hash, key: hash },
  { kind: "exported", bundle: 1, date, first: 1, last: 3, sha256: hash },
  { kind: "acknowledged", batch: 3, date, sha256: hash },
  { kind: "purged", batch: 3, date, key: hash, method: "key-destroyed-partition-dropped" },
  { kind: "audit", date, sha256: hash },
];

export const target = formatOfBytes(parseLeaf, formatLeaf, () => LEAVES.map(formatLeaf), 500);
