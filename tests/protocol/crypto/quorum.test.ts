import { createHash } from "node:crypto";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { joinShares, sharesNeeded, shareToWords, splitSecret, wordsToShare } from "../../../src/protocol/crypto/quorum.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

/** The first octets of H(domain 0x00 ‖ bytes), by Node's own SHA-256. */
function firstOf(length: number, domain: string, bytes: Uint8Array): number[] {
  return [...createHash("sha256").update(`${domain}\0`).update(bytes).digest().subarray(0, length)];
}

/** A card with its checksum, made by another way than the one under test: 352 bits in one number. */
function cardOf(share: Uint8Array): string[] {
  const bytes = Buffer.from([...share, ...firstOf(5, "firsthand/share/v1", share)]);
  const bits = BigInt(`0x${bytes.toString("hex")}`)
    .toString(2)
    .padStart(352, "0");
  return (bits.match(/.{11}/g) ?? []).map((word) => wordlist[Number.parseInt(word, 2)] ?? "");
}

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

  it("lies on each card where one is enough, as the specification has it", async () => {
    const secret = patternOf(32);
    const head = [1, 1, ...firstOf(4, "firsthand/quorum/v1", secret)];
    expect((await splitSecret(secret, 1, 2)).map((share) => [...share])).toEqual([
      [...head, ...secret, 1],
      [...head, ...secret, 2],
    ]);
  });

  it("does not need the cards beyond the quorum, whatever is wrong with them", async () => {
    const secret = randomBytes(32);
    const [a, b, c] = (await splitSecret(secret, 2, 3)) as [Bytes, Bytes, Bytes];
    c[20] = (c[20] ?? 0) ^ 1;
    expect(await joinShares([a, b, c])).toEqual(secret);
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

  it("when they belong to different secrets or one is cut, also while there are too few", async () => {
    const [a, b] = (await splitSecret(randomBytes(32), 3, 3)) as [Bytes, Bytes];
    const [c] = (await splitSecret(randomBytes(32), 3, 3)) as [Bytes];
    expect(await refusalOf(() => joinShares([a, b]))).toBe("not-enough-shares");
    expect(await refusalOf(() => joinShares([a, c]))).toBe("bad-share");
    expect(await refusalOf(() => joinShares([a, b.slice(0, 38)]))).toBe("bad-share");
  });

  it("when two are of one place", async () => {
    const [a, b] = (await splitSecret(randomBytes(32), 2, 2)) as [Bytes, Bytes];
    b[38] = a[38] ?? 0;
    expect(await refusalOf(() => joinShares([a, b]))).toBe("bad-share");
  });

  it.each([
    ["too short", (share: Bytes) => share.slice(0, 38)],
    ["too long", (share: Bytes) => Uint8Array.of(...share, 0)],
    ["of another version", (share: Bytes) => Uint8Array.of(2, ...share.subarray(1))],
    ["of a quorum of none", (share: Bytes) => Uint8Array.of(1, 0, ...share.subarray(2))],
  ])("when one is %s", async (_, change) => {
    const share = change(Uint8Array.of(1, 2, ...patternOf(37)));
    expect(await refusalOf(() => sharesNeeded(share))).toBe("bad-share");
    expect(await refusalOf(() => shareToWords(share))).toBe("bad-share");
    expect(await refusalOf(() => wordsToShare(cardOf(share).join(" ")))).toBe("bad-share");
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

  it("bears the words of the specification, the first and the last of the list too", async () => {
    for (const rest of [patternOf(37), new Uint8Array(37), new Uint8Array(37).fill(255)]) {
      const share = Uint8Array.of(1, 2, ...rest);
      expect(shareToWords(share).split(/\s/)).toEqual(cardOf(share));
      expect(wordsToShare(cardOf(share).join(" "))).toEqual(share);
    }
    // A word that is not in the list does not count as the one before its first.
    const words = cardOf(Uint8Array.of(1, 2, ...new Uint8Array(37).fill(255)));
    expect(words).toContain("zoo");
    expect(await refusalOf(() => wordsToShare(words.join(" ").replace("zoo", "zoom")))).toBe("bad-share");
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
