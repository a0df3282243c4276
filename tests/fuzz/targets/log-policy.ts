/** Auditors' policies, which people write in more than one way: what is read is written in one way, and that is read as the same. */
import { formatVkey } from "../../../src/protocol/crypto/note.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { formatLogPolicy, parseLogPolicy } from "../../../src/protocol/format/log-policy.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

const log = formatVkey("tips.test/log", new Uint8Array(32).fill(3)).text;
const vkey = formatVkey("c", new Uint8Array(32).fill(4), 4).text;
const cosigner = { kind: "cosigner", name: "c" } as const;

export const target: Target = {
  longest: 1000,
  seeds: () => [
    formatLogPolicy({
      log,
      review: log,
      cosigners: [{ name: "c", vkey }],
      quorum: { kind: "group", name: "g", atLeast: 1, members: [cosigner] },
      witnessProgram: "0c".repeat(32),
    }),
    formatLogPolicy({ log, review: log, cosigners: [], quorum: null, witnessProgram: null }),
  ],
  run: (input) => {
    const policy = accepted(() => parseLogPolicy(input));
    if (policy === undefined) return;
    const written = formatLogPolicy(policy);
    sameAgain(fromUtf8(written), fromUtf8(formatLogPolicy(parseLogPolicy(written))));
  },
};
