import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { joinShares, sharesNeeded, shareToWords, splitSecret, wordsToShare } from "../../../src/protocol/crypto/quorum.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

/** All sets of `size` of `items`. */
function choose<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, index) => choose(items.slice(index + 1), size - 1).map((rest) => [item, ...rest]));
}

describe("a secret", () => {
  it.each([
    [1, 1],
    [1, 3],
    [2, 2],
    [2, 3],
    [3, 5],
  ])("comes back from any %i of %i shares and from no fewer", async (k, n) => {
    const secret = randomBytes(32);
    const shares = await splitSecret(secret, k, n);
    expect(shares).toHaveLength(n);
    expect(shares.map(sharesNeeded)).toEqual(Array(n).fill(k));
    for (const chosen of choose(shares, k)) expect(await joinShares(chosen.toReversed())).toEqual(secret);
    for (const chosen of choose(shares, k - 1)) expect(await refusalOf(() => joinShares(chosen))).toBe("not-enough-shares");
    expect(await joinShares(shares)).toEqual(secret);
  });

  it("comes back from 255 shares", async () => {
    const secret = randomBytes(32);
    const shares = await splitSecret(secret, 10, 255);
    expect(await joinShares(shares.slice(100, 110))).toEqual(secret);
  });

  it("is in no share of a quorum", async () => {
    const secret = randomBytes(32);
    for (const share of await splitSecret(secret, 2, 3))
      expect(Buffer.from(share).includes(Buffer.from(secret).subarray(0, 4))).toBe(false);
  });

  it("needs sensible numbers", async () => {
    for (const [k, n] of [
      [0, 1],
      [2, 1],
      [1, 256],
      [1.5, 2],
    ] as const) {
      await expect(splitSecret(randomBytes(32), k, n)).rejects.toThrow("no such quorum");
    }
    await expect(splitSecret(randomBytes(31), 1, 1)).rejects.toThrow("32 bytes");
  });
});

describe("shares are refused", () => {
  it("when one is given twice in place of another", async () => {
    const [share] = await splitSecret(randomBytes(32), 2, 3);
    const twice: Bytes[] = share === undefined ? [] : [share, share];
    expect(await refusalOf(() => joinShares(twice))).toBe("not-enough-shares");
  });

  it("when they belong to different secrets", async () => {
    const [a] = await splitSecret(randomBytes(32), 2, 2);
    const [, b] = await splitSecret(randomBytes(32), 2, 2);
    expect(await refusalOf(() => joinShares([a, b].filter((share) => share !== undefined)))).toBe("bad-share");
  });

  it("when one was changed", async () => {
    const shares = await splitSecret(randomBytes(32), 2, 2);
    for (let at = 0; at < 39; at++) {
      const changed = shares.map((share) => share.slice());
      const [first] = changed;
      if (first !== undefined) first[at] = (first[at] ?? 0) ^ 1;
      expect(await refusalOf(() => joinShares(changed)), String(at)).toMatch(/^(bad-share|not-enough-shares)$/);
    }
  });

  it("when there are none, or they are something else", async () => {
    expect(await refusalOf(() => joinShares([]))).toBe("not-enough-shares");
    for (const length of [0, 1, 38, 39, 40])
      expect(await refusalOf(() => joinShares([patternOf(length), patternOf(length, 2)]))).toBe("bad-share");
  });
});

describe("a card", () => {
  it("is four lines of eight words, and gives the share back however it is typed", async () => {
    for (const share of await splitSecret(randomBytes(32), 2, 3)) {
      const text = shareToWords(share);
      expect(text).toMatch(/^(([a-z]+ ){7}[a-z]+\n){3}([a-z]+ ){7}[a-z]+$/);
      expect(wordsToShare(text)).toEqual(share);
      expect(wordsToShare(`  ${text.toUpperCase().replaceAll(" ", "\t  ")}\r\n`)).toEqual(share);
    }
  });

  it("is refused with a wrong, missing, further or misplaced word", async () => {
    const [share] = await splitSecret(randomBytes(32), 1, 1);
    const words = shareToWords(share ?? new Uint8Array(0)).split(/\s/);
    const swapped = [words[1] ?? "", words[0] ?? "", ...words.slice(2)];
    const attempts = [words.slice(1), [...words, "zoo"], ["firsthand", ...words.slice(1)], [], words.map(() => "abandon")];
    if (words[0] !== words[1]) attempts.push(swapped);
    for (const attempt of attempts) expect(await refusalOf(() => wordsToShare(attempt.join(" ")))).toBe("bad-share");
    for (let index = 0; index < words.length; index++) {
      const wrong = words.map((word, at) => (at === index ? (word === "zoo" ? "zone" : "zoo") : word));
      expect(await refusalOf(() => wordsToShare(wrong.join(" "))), String(index)).toBe("bad-share");
    }
  });

  it("is refused when it is any other text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        expect(await refusalOf(() => wordsToShare(text))).toBe("bad-share");
      }),
    );
  });
});
