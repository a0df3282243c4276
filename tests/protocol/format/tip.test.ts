import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { fromUtf8, utf8 } from "../../../src/protocol/encoding.ts";
import { formatJson, type Json } from "../../../src/protocol/format/json.ts";
import { type Attachment, formatTip, LONGEST_TIP_JSON, parseTip, type Tip } from "../../../src/protocol/format/tip.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

const ATTACHMENT: Attachment = { name: "照片 ١.jpg", type: "image/jpeg", size: 60_000_000, digest: patternOf(32, 3), form: "cleaned" };
const TIP: Tip = {
  nonce: patternOf(32, 1),
  thread: patternOf(32, 2),
  sequence: 0,
  answers: { ...EMPTY_ANSWERS, narrative: "མི་དེ་ཚོ། ئۇلار 他们" },
  attachments: [ATTACHMENT],
  reply: { mailbox: patternOf(32, 4), key: patternOf(32, 5) },
};

/** The description with one field changed after it was written. */
function changed(change: (tip: Record<string, Json>) => void): Bytes {
  const tip = JSON.parse(fromUtf8(formatTip(TIP))) as Record<string, Json>;
  change(tip);
  return formatJson(tip);
}

describe("a tip's description", () => {
  it("comes back as it was written", () => {
    expect(parseTip(formatTip(TIP))).toEqual(TIP);
    const bare = { ...TIP, attachments: [], reply: null, sequence: 999_999 };
    expect(parseTip(formatTip(bare))).toEqual(bare);
  });

  it("is canonical JSON with the fields of the specification", () => {
    const text = fromUtf8(formatTip(TIP));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(["answers", "attachments", "nonce", "reply", "sequence", "thread", "version"]);
  });

  it("keeps names that are meant to deceive as they are", () => {
    for (const name of [
      "../../etc/passwd",
      "a\u202egpj.exe",
      "C:\\x",
      "\u200b",
      "\u0007",
      "<img src=x>",
      "\ufeff",
      "é",
      "é",
      ".",
      " ",
      "x".repeat(255),
    ]) {
      const tip = { ...TIP, attachments: [{ ...ATTACHMENT, name }] };
      expect(parseTip(formatTip(tip)).attachments[0]?.name).toBe(name);
    }
  });

  it("is refused with a name that is empty, too long, has a NUL or half a character", async () => {
    for (const name of ["", "x".repeat(256), "a\0b"]) {
      expect(await refusalOf(() => formatTip({ ...TIP, attachments: [{ ...ATTACHMENT, name }] }))).toBe("bad-tip");
    }
    expect(await refusalOf(() => formatTip({ ...TIP, attachments: [{ ...ATTACHMENT, name: "a\ud800" }] }))).toBe("not-utf8");
  });

  it("is refused with more than 999 attachments", async () => {
    const many = Array.from({ length: 1000 }, () => ATTACHMENT);
    expect(parseTip(formatTip({ ...TIP, attachments: many.slice(1) })).attachments).toHaveLength(999);
    expect(await refusalOf(() => formatTip({ ...TIP, attachments: many }))).toBe("bad-tip");
  });

  it("fits its limit at its longest", () => {
    const attachments = Array.from({ length: 999 }, () => ({ ...ATTACHMENT, name: "\u0001".repeat(255), type: "\u0001".repeat(127) }));
    const longest = formatTip({ ...TIP, attachments, answers: { ...TIP.answers, narrative: "\u0001".repeat(100_000) } });
    expect(longest.length).toBeLessThan(LONGEST_TIP_JSON);
  });

  const put =
    (key: string, value: Json): ((tip: Record<string, Json>) => void) =>
    (tip) => {
      tip[key] = value;
    };

  it.each([
    ["another version", put("version", 2)],
    ["a version as text", put("version", "1")],
    ["a short nonce", put("nonce", "00")],
    ["a nonce in capitals", put("nonce", "AB".repeat(32))],
    ["a negative sequence", put("sequence", -1)],
    ["a sequence out of bounds", put("sequence", 1_000_000)],
    ["no thread", put("thread", null)],
    ["a reply without a key", put("reply", { mailbox: "00".repeat(32) })],
    ["a reply with more", put("reply", { mailbox: "00".repeat(32), key: "00".repeat(32), address: "x" })],
    ["an unknown field", put("ip", "127.0.0.1")],
    ["attachments of another kind", put("attachments", [{ name: "a" }])],
    ["attachments as an object", put("attachments", {})],
    ["answers that are none", put("answers", {})],
    [
      "a missing field",
      (tip: Record<string, Json>) => {
        delete tip["reply"];
      },
    ],
  ])("is refused with %s", async (_what, change) => {
    expect(await refusalOf(() => parseTip(changed(change)))).toBe("bad-tip");
  });

  it("is refused in any other form of the same JSON", async () => {
    const text = fromUtf8(formatTip(TIP));
    const others = [
      ` ${text}`,
      `${text}\n`,
      text.replace('"version":1', '"version":1.0'),
      text.replace('"sequence":0', '"sequence":0,"sequence":0'),
      `\ufeff${text}`,
    ];
    for (const other of others) expect(await refusalOf(() => parseTip(utf8(other)))).toBe("bad-tip");
  });

  it("does not crash on hostile bytes, and what it accepts would have been written", async () => {
    const bytes = formatTip(TIP);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), async (at, octet) => {
        const attacked = bytes.slice();
        attacked[at] = octet;
        const read: { tip?: Tip } = {};
        const code = await refusalOf(() => (read.tip = parseTip(attacked)));
        if (read.tip !== undefined) expect(formatTip(read.tip)).toEqual(attacked);
        else expect(code).toBe("bad-tip");
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (random) => {
        expect(await refusalOf(() => parseTip(random))).toBe("bad-tip");
      }),
    );
  });
});
