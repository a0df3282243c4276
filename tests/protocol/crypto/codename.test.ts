import { createPrivateKey, createPublicKey, hkdfSync, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { codenameToWords, deriveKeys, newCodename, wordsOf, wordsToCodename } from "../../../src/protocol/crypto/codename.ts";
import type { WordList } from "../../../src/protocol/crypto/word-lists.ts";
import { fromHex, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { refusalOf } from "../../support/refusals.ts";

const LISTS: WordList[] = ["english", "simplified-chinese", "traditional-chinese", "korean"];

describe("the twelve words", () => {
  it.each(LISTS)("of 128 random bits come back: %s", async (list) => {
    for (let round = 0; round < 20; round++) {
      const bits = newCodename();
      expect(bits).toHaveLength(16);
      const words = await codenameToWords(bits, list);
      expect(words).toHaveLength(12);
      expect(await wordsToCodename(words, list)).toEqual(bits);
    }
  });

  // From vectors.json of trezor/python-mnemonic, the reference of BIP-39.
  it.each([
    ["00000000000000000000000000000000", "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"],
    ["7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f", "legal winner thank year wave sausage worth useful legal winner thank yellow"],
    ["80808080808080808080808080808080", "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"],
    ["ffffffffffffffffffffffffffffffff", "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"],
  ])("are those of BIP-39: %s", async (bits, words) => {
    expect((await codenameToWords(fromHex(bits), "english")).join(" ")).toBe(words);
    expect(toHex(await wordsToCodename(words.split(" "), "english"))).toBe(bits);
  });

  it("may be typed in capitals, with spaces and in any Unicode form", async () => {
    const words = "legal winner thank year wave sausage worth useful legal winner thank yellow".split(" ");
    expect(
      toHex(
        await wordsToCodename(
          words.map((word) => ` ${word.toUpperCase()} `),
          "english",
        ),
      ),
    ).toBe("7f".repeat(16));
    const bits = newCodename();
    const korean = await codenameToWords(bits, "korean");
    expect(korean.every((word) => word === word.normalize("NFC"))).toBe(true);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
      expect(
        await wordsToCodename(
          korean.map((word) => word.normalize(form)),
          "korean",
        ),
      ).toEqual(bits);
    }
  });

  it("catch most slips by their checksum", async () => {
    const words = await codenameToWords(fromHex("000102030405060708090a0b0c0d0e0f"), "english");
    const list = await wordsOf("english");
    let passed = 0;
    for (const word of list.slice(0, 512)) {
      if ((await refusalOf(() => wordsToCodename([word, ...words.slice(1)], "english"))) === null) passed++;
    }
    expect(passed).toBeLessThan(512 / 8);
  });

  it("are refused when one is unknown, missing, too many or of another list", async () => {
    const words = await codenameToWords(newCodename(), "english");
    const attempts = [
      [],
      words.slice(1),
      [...words, "zoo"],
      ["firsthand", ...words.slice(1)],
      ["", ...words.slice(1)],
      words.map(() => "__proto__"),
    ];
    for (const attempt of attempts) expect(await refusalOf(() => wordsToCodename(attempt, "english"))).toBe("bad-codename");
    for (const list of LISTS.slice(1)) expect(await refusalOf(() => wordsToCodename(words, list))).toBe("bad-codename");
  });

  it.each(LISTS)("come from 2,048 different words: %s", async (list) => {
    expect(new Set(await wordsOf(list)).size).toBe(2048);
  });
});

describe("the keys", () => {
  it("are HKDF-SHA-256 of the bits, as OpenSSL computes it", async () => {
    const bits = fromHex("000102030405060708090a0b0c0d0e0f");
    const keys = await deriveKeys(bits);
    const expected = (info: string): string => Buffer.from(hkdfSync("sha256", bits, "firsthand/v1", info, 32)).toString("hex");
    expect(toHex(keys.mailbox)).toBe(expected("mailbox"));
    expect(toHex(keys.reply)).toBe(expected("reply"));
    for (const name of ["thread", "claim"] as const) {
      const der = Buffer.from(`302e020100300506032b657004220420${expected(name)}`, "hex");
      const publicKey = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
      expect(publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex")).toBe(toHex(keys[name].publicKey));
      expect(verify(null, utf8("message"), publicKey, await keys[name].sign(utf8("message")))).toBe(true);
    }
  });

  it("do not depend on the list", async () => {
    const bits = newCodename();
    const mailboxes = await Promise.all(
      LISTS.map(async (list) => toHex((await deriveKeys(await wordsToCodename(await codenameToWords(bits, list), list))).mailbox)),
    );
    expect(new Set(mailboxes).size).toBe(1);
  });

  it("differ from each other and between witnesses", async () => {
    const all = await Promise.all([newCodename(), newCodename()].map(deriveKeys));
    const values = all.flatMap(({ mailbox, reply, thread, claim }) => [mailbox, reply, thread.publicKey, claim.publicKey].map(toHex));
    expect(new Set(values).size).toBe(8);
  });

  it("need 16 bytes", async () => {
    await expect(deriveKeys(new Uint8Array(15))).rejects.toThrow("16 bytes");
    await expect(codenameToWords(new Uint8Array(32), "english")).rejects.toThrow("16 bytes");
  });
});
