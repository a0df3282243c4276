/** Share cards as text. */
import { describe, expect, it } from "vitest";
import { joinShares, shareToWords, splitSecret } from "../../src/protocol/crypto/quorum.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { formatCard, parseShares } from "../../src/reviewer/share-cards.ts";
import { refusalOf } from "../support/refusals.ts";

const TEXT = { opens: "the casebook", origin: "tips.test/log", fingerprint: "0123456789abcdef", shares: 3, needed: 2, demo: false };

async function threeShares() {
  const secret = randomBytes(32);
  return { secret, shares: await splitSecret(secret, 2, 3) };
}

describe("share cards", () => {
  it("give their shares back, several cards in one text, also with other line ends", async () => {
    const { secret, shares } = await threeShares();
    const cards = shares.map((share, index) => formatCard(share, { ...TEXT, number: index + 1 }));
    expect(parseShares(cards.join(""))).toEqual(shares);
    expect(parseShares(cards.join("\n").replaceAll("\n", "\r\n"))).toEqual(shares);
    expect(await joinShares(parseShares(cards.slice(1).join("\n")))).toEqual(secret);
  });

  it("say how many open it and whether they protect anything", async () => {
    const { shares } = await threeShares();
    const [share] = shares;
    if (share === undefined) throw new Error("there are shares");
    expect(formatCard(share, { ...TEXT, number: 1 })).toContain("Any 2 of 3 cards");
    expect(formatCard(share, { ...TEXT, number: 1 })).not.toContain("DEMO");
    expect(formatCard(share, { ...TEXT, number: 1, demo: true })).toContain("DEMO");
  });

  it("are read from words alone, an empty line between them", async () => {
    const { shares } = await threeShares();
    const typed = shares.map((share) => `  ${shareToWords(share).toUpperCase()}  `).join("\n\n\n");
    expect(parseShares(typed)).toEqual(shares);
  });

  it.each(["", "\n\n", "no such words", "BEGIN SHARE\nabandon", "END SHARE"])("are refused when they are %j", async (text) => {
    expect(await refusalOf(() => parseShares(text))).toBe("bad-share");
  });
});
