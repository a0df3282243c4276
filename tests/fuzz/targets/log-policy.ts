/** Auditors' policies. */
import { formatLogPolicy, parseLogPolicy } from "../../../src/protocol/format/log-policy.ts";
import { formatVkey } from "../../../src/protocol/crypto/note.ts";
import { formatOfBytes } from "../engine/format.ts";

const log = formatVkey("tips.test/log", new Uint8Array(32).fill(3)).text;
const cosigner = formatVkey("c", new Uint8Array(32).fill(4), 4).text;

export const target = formatOfBytes(
  parseLogPolicy,
  formatLogPolicy,
  () => [
    formatLogPolicy({ log, review: log, cosigners: [cosigner], quorum: 1, witnessProgram: "0c".repeat(32) }),
    formatLogPolicy({ log, review: log, cosigners: [], quorum: 0, witnessProgram: null }),
  ],
  1000,
);
