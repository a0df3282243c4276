/** What reviewers hand to reward officers. An input is the text; it is signed here, since else nothing after the signature would be reached. */
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { withDomain } from "../../../src/protocol/crypto/hash.ts";
import { fromUtf8, toHex } from "../../../src/protocol/encoding.ts";
import { formatJson } from "../../../src/protocol/format/json.ts";
import { formatHandover, type Handover, parseHandover } from "../../../src/reviewer/claims/handover.ts";
import { accepted, acceptedLater, sameAgain, type Target } from "../engine/target.ts";

const seed = new Uint8Array(32).fill(6);
const key = await signingKeyFromSeed(seed);
const [tip, thread] = ["0123456789ab", "7".repeat(64)];
const HANDED: Handover = {
  challenges: [{ date: "2026-11-24", nonce: "8".repeat(64), program: "P", purpose: "claim", tip, thread }],
  ...{ made: "2026-11-24", origin: "tips.test/log", rewards: "9".repeat(64), version: 1 },
  referrals: [{ outcome: null, reference: null, referral: 3, significance: "", state: "draft", summary: "", tips: [tip], title: "t" }],
  tips: [{ batch: 1, commitment: thread, date: "2026-11-24", sealed: "AAAA", thread, tip }],
};

export const target: Target = {
  longest: 1_500,
  seeds: () => [formatJson(HANDED), formatJson({ ...HANDED, challenges: [], referrals: [], tips: [] })],
  run: async (input) => {
    const text = accepted(() => fromUtf8(input));
    if (text === undefined) return;
    const file = formatJson({ handover: text, signature: toHex(await key.sign(withDomain("firsthand/claims-handover/v1", input))) });
    const handover = await acceptedLater(() => parseHandover(file, key.publicKey));
    if (handover !== undefined) sameAgain(file, await formatHandover(handover, seed));
  },
};
