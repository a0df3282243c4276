/** Texts of checkpoints (C2SP tlog-checkpoint). */
import { formatCheckpoint, parseCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseCheckpoint,
  formatCheckpoint,
  () => [0, 1, 70_000].map((size) => formatCheckpoint({ origin: "tips.test/log", size, root: new Uint8Array(32).fill(size % 256) })),
  400,
);
