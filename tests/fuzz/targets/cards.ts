/** Cards of a quorum, as people type them. */
import { splitSecret, shareToWords } from "../../../src/protocol/crypto/quorum.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { formatCard, parseShares } from "../../../src/reviewer/share-cards.ts";
import { accepted, holds, type Target } from "../engine/target.ts";

const shares = await splitSecret(new Uint8Array(32).fill(4), 1, 2);

const CARD = { opens: "the casebook", origin: "tips.test/log", fingerprint: "0".repeat(64), shares: 2, needed: 1, demo: true };

export const target: Target = {
  longest: 2_000,
  seeds: () =>
    [
      shares.map(shareToWords).join("\n\n"),
      shares.map((share, index) => formatCard(share, { ...CARD, number: index + 1 })).join("\r\n"),
    ].map((text) => new TextEncoder().encode(text)),
  run: (input) => {
    const text = accepted(() => fromUtf8(input));
    const read = text === undefined ? undefined : accepted(() => parseShares(text));
    if (read === undefined) return;
    const again = parseShares(read.map(shareToWords).join("\n\n"));
    holds(
      read.length === again.length && read.every((share, index) => Buffer.compare(share, again[index] ?? share.slice(1)) === 0),
      "a card is read in another way than it is written",
    );
  },
};
