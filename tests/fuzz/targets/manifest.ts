/** Manifests of bundles. */
import { formatManifest, NO_PREVIOUS, parseManifest } from "../../../src/protocol/format/manifest.ts";
import { formatOfText } from "../engine/format.ts";

const HASH = "5e".repeat(32);
const head = { origin: "tips.test/log", sequence: 7, previous: NO_PREVIOUS };

export const target = formatOfText(
  parseManifest,
  formatManifest,
  () => [
    formatManifest({ ...head, to: "server", entries: [] }),
    formatManifest({
      ...head,
      to: "review",
      entries: [
        { sha256: HASH, size: 0, path: "checkpoint" },
        { sha256: HASH, size: 8_589_934_591, path: "batches/00000001/0000" },
      ],
    }),
  ],
  2000,
);
