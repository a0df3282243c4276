/** Proofs that an entry is in a log (C2SP tlog-proof), as somebody is handed one. */
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { formatCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatLogProof, parseLogProof } from "../../../src/protocol/format/tlog-proof.ts";
import { formatOfBytes } from "../engine/format.ts";

const signer = await noteSigner("tips.test/log", new Uint8Array(32).fill(1));
const hash = new Uint8Array(32).fill(7);
const note = await signer.sign(formatCheckpoint({ origin: "tips.test/log", size: 9, root: hash }));

export const target = formatOfBytes(
  parseLogProof,
  formatLogProof,
  () => [
    formatLogProof({ extra: null, index: 0, hashes: [], note }),
    formatLogProof({ extra: Uint8Array.of(1, 2, 3), index: 8, hashes: [hash, hash], note }),
  ],
  1000,
);
