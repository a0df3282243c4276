/** What a cosigner is asked with (C2SP tlog-witness), as anybody can send it. */
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { formatAddCheckpoint, parseAddCheckpoint } from "../../../src/protocol/format/add-checkpoint.ts";
import { formatCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatOfBytes } from "../engine/format.ts";

const signer = await noteSigner("tips.test/log", new Uint8Array(32).fill(1));
const hash = new Uint8Array(32).fill(7);
const note = await signer.sign(formatCheckpoint({ origin: "tips.test/log", size: 9, root: hash }));

export const target = formatOfBytes(
  parseAddCheckpoint,
  formatAddCheckpoint,
  () => [formatAddCheckpoint({ oldSize: 0, proof: [], note }), formatAddCheckpoint({ oldSize: 4, proof: [hash, hash], note })],
  1000,
);
