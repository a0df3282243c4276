import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatReply,
  formatSealedReply,
  parseReply,
  parseReplyPath,
  parseSealedReply,
  type Reply,
  REPLY_CONTENT,
  replyPath,
} from "../../../src/protocol/format/reply.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

const CHALLENGE = { nonce: patternOf(32), program: "示例 Program", purpose: "claim" } as const;
const REPLY: Reply = { challenge: CHALLENGE, date: "2026-08-01", text: "请问那扇门是什么颜色?" };

describe("a reply's content", () => {
  it("comes back, with and without a challenge, and always has one length", () => {
    for (const reply of [REPLY, { ...REPLY, challenge: null }, { ...REPLY, text: '\u0000\n\u202e"\\' }]) {
      expect(formatReply(reply)).toHaveLength(4316);
      expect(parseReply(formatReply(reply))).toEqual(reply);
    }
  });

  it("holds any text that fits, and none that does not", async () => {
    const room = REPLY_CONTENT - 1 - '{"challenge":null,"date":"2026-08-01","text":"","version":1}'.length;
    const fits = { challenge: null, date: "2026-08-01", text: "a".repeat(room) };
    expect(parseReply(formatReply(fits))).toEqual(fits);
    expect(await refusalOf(() => formatReply({ ...fits, text: `${fits.text}a` }))).toBe("too-large");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }), (text) => {
        expect(parseReply(formatReply({ ...REPLY, text })).text).toBe(text);
        return Promise.resolve();
      }),
      { numRuns: 200 },
    );
  });

  it("says something, on a real day", async () => {
    expect(await refusalOf(() => formatReply({ ...REPLY, text: "" }))).toBe("bad-reply");
    for (const date of ["2026-02-30", "2026-8-01", "", "tomorrow!!"]) {
      expect(await refusalOf(() => formatReply({ ...REPLY, date }))).toBe("bad-reply");
    }
    expect(await refusalOf(() => formatReply({ ...REPLY, challenge: { ...CHALLENGE, nonce: patternOf(31) } }))).toBe("bad-reply");
  });

  it("is refused in any other form", async () => {
    const bytes = formatReply(REPLY);
    for (const other of [bytes.slice(0, -1), new Uint8Array(REPLY_CONTENT), new Uint8Array(0), new Uint8Array(REPLY_CONTENT).fill(32)]) {
      expect(await refusalOf(() => parseReply(other))).toBe("bad-reply");
    }
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 250 }), fc.nat({ max: 255 }), async (at, octet) => {
        const attacked = bytes.slice();
        attacked[at] = octet;
        const read: { reply?: Reply } = {};
        const code = await refusalOf(() => (read.reply = parseReply(attacked)));
        if (read.reply !== undefined) expect(formatReply(read.reply)).toEqual(attacked);
        else expect(code).toBe("bad-reply");
      }),
      { numRuns: 500 },
    );
  });
});

describe("a sealed reply's shape", () => {
  const fields = {
    passphraseSalt: patternOf(8, 1),
    nonce: patternOf(12, 2),
    wrappedKey: patternOf(48, 3),
    salt: patternOf(32, 4),
    chunk: patternOf(4344, 5),
    endTag: patternOf(16, 6),
  };

  it("has 4,480 octets and comes back", () => {
    const sealed = formatSealedReply(fields);
    expect(sealed).toHaveLength(4480);
    expect(parseSealedReply(sealed)).toEqual(fields);
    expect(() => formatSealedReply({ ...fields, nonce: patternOf(11), passphraseSalt: patternOf(9) })).toThrow("another length");
  });

  it("is refused when one fixed octet is another one, and read as it stands when another is", async () => {
    const sealed = formatSealedReply(fields);
    const fixed = new Set([...Array.from({ length: 9 }, (_, at) => at), 17, ...Array.from({ length: 10 }, (_, at) => 78 + at)]);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.nat({ max: 130 }), fc.nat({ max: 4479 })), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const attacked = sealed.slice();
        attacked[at] = (attacked[at] ?? 0) ^ change;
        if (fixed.has(at)) expect(await refusalOf(() => parseSealedReply(attacked))).toBe("bad-reply");
        else expect(formatSealedReply(parseSealedReply(attacked))).toEqual(attacked);
      }),
      { numRuns: 500 },
    );
  });

  it("is refused in any other length", async () => {
    const sealed = formatSealedReply(fields);
    for (const other of [sealed.slice(0, -1), new Uint8Array([...sealed, 0]), new Uint8Array(0), patternOf(4480)]) {
      expect(await refusalOf(() => parseSealedReply(other))).toBe("bad-reply");
    }
  });
});

describe("a reply's path in a bundle", () => {
  const mailbox = "0a".repeat(32);

  it("comes back", () => {
    for (const number of [1, 42, 9999]) expect(parseReplyPath(replyPath(mailbox, number))).toEqual({ mailbox, number });
    for (const number of [0, 10_000, 1.5]) expect(() => replyPath(mailbox, number)).toThrow("no reply");
    expect(() => replyPath("0A".repeat(32), 1)).toThrow("no reply");
  });

  it("is refused in any other form", async () => {
    const good = replyPath(mailbox, 1);
    const others = ["", good.slice(1), good.toUpperCase(), `${good}0`, good.slice(0, -1), `${good}/`, `/${good}`, `${good}\n`];
    for (const other of [...others, `replies/${mailbox}/0000`]) expect(await refusalOf(() => parseReplyPath(other))).toBe("bad-manifest");
  });
});
