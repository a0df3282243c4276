/** The format is C2SP tlog-policy (https://c2sp.org/tlog-policy); the example with two levels of groups is the one of its text, with keys put in. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asBytes } from "../../../src/protocol/bytes.ts";
import { formatVkey } from "../../../src/protocol/crypto/note.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { type CosignerRule, formatLogPolicy, isMet, type LogPolicy, parseLogPolicy } from "../../../src/protocol/format/log-policy.ts";

const publicKey = (number: number): Uint8Array<ArrayBuffer> => asBytes(new Uint8Array(32).fill(number));
const cosignerKey = (number: number): string => formatVkey(`cosigner-${String(number)}.example`, publicKey(number), 4).text;
const LOG = formatVkey("log.example", publicKey(100)).text;
const REVIEW = formatVkey("review.example", publicKey(101)).text;
const BASE = `#firsthand review ${REVIEW}\nlog ${LOG}\n`;

const EXAMPLE = `${BASE}
witness X1 ${cosignerKey(1)}
witness X2 ${cosignerKey(2)}
witness X3 ${cosignerKey(3)}
group X-witnesses 2 X1 X2 X3

witness Y1 ${cosignerKey(4)}
witness Y2 ${cosignerKey(5)}
witness Y3 ${cosignerKey(6)}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const read = (text: string): LogPolicy => parseLogPolicy(utf8(text));

describe("a log policy", () => {
  test.each([
    ["X1 X2 Y1", true],
    ["X1 X2 X3 Y3", true],
    ["X1 X2 X3", false],
    ["X1 Y1 Y2 Y3", false],
    ["", false],
  ])("of C2SP's example, cosigned by %j, is met: %s", (signed, met) => {
    const { quorum, cosigners } = read(EXAMPLE);
    expect(cosigners.map(({ name }) => name)).toEqual(["X1", "X2", "X3", "Y1", "Y2", "Y3"]);
    expect(isMet(quorum, (name) => signed.split(" ").includes(name))).toBe(met);
  });

  test("may have comments, empty lines, tabs, addresses, and lines in another order", () => {
    const text = `\t# by hand\n\n  quorum\tnone  \nwitness  A ${cosignerKey(1)} https://w.example/\n log ${LOG} https://log.example/\t\n#firsthand review ${REVIEW}`;
    expect(read(text)).toEqual({
      log: LOG,
      review: REVIEW,
      cosigners: [{ name: "A", vkey: cosignerKey(1) }],
      quorum: null,
      witnessProgram: null,
    });
  });

  test("may have names of any script, which are compared octet by octet", () => {
    expect(read(`${BASE}witness K ${cosignerKey(1)}\nwitness \u212a ${cosignerKey(2)}\nquorum \u212a\n`).quorum).toEqual({
      kind: "cosigner",
      name: "\u212a",
    });
    expect(read(`${BASE}witness a\u00a0b ${cosignerKey(1)}\nquorum a\u00a0b\n`).quorum?.name).toBe("a\u00a0b");
  });

  test.each([
    ["nothing", ""],
    ["no log", `#firsthand review ${REVIEW}\nquorum none\n`],
    ["two logs", `${BASE}log ${formatVkey("b.example", publicKey(7)).text}\nquorum none\n`],
    ["no review key", `log ${LOG}\nquorum none\n`],
    ["two review keys", `${BASE}#firsthand review ${REVIEW}\nquorum none\n`],
    ["an unknown line of ours", `${BASE}#firsthand reviews ${REVIEW}\nquorum none\n`],
    ["a fingerprint that is none", `${BASE}#firsthand program abc\nquorum none\n`],
    ["no quorum", BASE],
    ["two quorums", `${BASE}quorum none\nquorum none\n`],
    ["a quorum of somebody unknown", `${BASE}quorum X\n`],
    ["a quorum that is defined only later", `${BASE}quorum X\nwitness X ${cosignerKey(1)}\n`],
    ["a cosigner called none", `${BASE}witness none ${cosignerKey(1)}\nquorum none\n`],
    ["none in a group", `${BASE}group g any none\nquorum g\n`],
    ["one name twice", `${BASE}witness X ${cosignerKey(1)}\nwitness X ${cosignerKey(2)}\nquorum X\n`],
    ["a group with a cosigner's name", `${BASE}witness X ${cosignerKey(1)}\ngroup X any X\nquorum X\n`],
    [
      "one key under two names",
      `${BASE}witness X ${cosignerKey(1)}\nwitness Y ${formatVkey("y.example", publicKey(1), 4).text}\nquorum X\n`,
    ],
    ["a member of two groups", `${BASE}witness X ${cosignerKey(1)}\ngroup a any X\ngroup b any X\nquorum a\n`],
    ["a member twice in a group", `${BASE}witness X ${cosignerKey(1)}\ngroup a 2 X X\nquorum a\n`],
    ["a group of nobody", `${BASE}group a all\nquorum a\n`],
    ["a group that wants none", `${BASE}witness X ${cosignerKey(1)}\ngroup a 0 X\nquorum a\n`],
    ["a group that wants more than it has", `${BASE}witness X ${cosignerKey(1)}\ngroup a 2 X\nquorum a\n`],
    ["a number with a leading zero", `${BASE}witness X ${cosignerKey(1)}\ngroup a 01 X\nquorum a\n`],
    ["an unknown line", `${BASE}quorums none\nquorum none\n`],
    ["a word too many", `${BASE}quorum none none\n`],
    ["a key that is none", `${BASE}witness X x\nquorum none\n`],
    ["a carriage return", `${BASE}quorum none\r\n`],
    [
      "33 cosigners",
      `${BASE}${Array.from({ length: 33 }, (_, n) => `witness w${String(n)} ${cosignerKey(n + 1)}\n`).join("")}quorum none\n`,
    ],
    ["more than 64 KiB", `${BASE}quorum none\n#${"x".repeat(65_536)}\n`],
  ])("with %s is refused", (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "bad-policy" }));
  });

  test("with octets that are no UTF-8 is refused", () => {
    expect(() => parseLogPolicy(Uint8Array.of(0x23, 0xff, 0x0a))).toThrow(expect.objectContaining({ code: "bad-policy" }));
  });

  test("may have 32 cosigners", () => {
    const lines = Array.from({ length: 32 }, (_, n) => `witness w${String(n)} ${cosignerKey(n + 1)}\n`);
    expect(read(`${BASE}${lines.join("")}quorum none\n`).cosigners).toHaveLength(32);
  });
});

/** Any rule over these names, each used at most once, with groups in groups. */
function anyRule(names: readonly string[]): fc.Arbitrary<CosignerRule> {
  const [only, ...others] = names.map((name): CosignerRule => ({ kind: "cosigner", name }));
  if (only === undefined || others.length === 0) return fc.constant({ kind: "cosigner", name: names[0] ?? "" });
  return fc
    .record({ cut: fc.integer({ min: 1, max: names.length - 1 }), most: fc.nat(100), nested: fc.boolean() })
    .map(({ cut, most, nested }) => {
      const inner: CosignerRule = { kind: "group", name: "inner", atLeast: (most % cut) + 1, members: [only, ...others].slice(0, cut) };
      const members = nested ? [inner, ...others.slice(cut - 1)] : [only, ...others];
      return { kind: "group", name: "outer", atLeast: (most % members.length) + 1, members };
    });
}

test("any policy is read as it was written", () => {
  const policies = fc
    .record({
      count: fc.integer({ min: 1, max: 6 }),
      program: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 })),
      cosigned: fc.boolean(),
    })
    .chain(({ count, program, cosigned }) => {
      const cosigners = Array.from({ length: count }, (_, n) => ({ name: `w${String(n)}`, vkey: cosignerKey(n + 1) }));
      const rule = cosigned ? anyRule(cosigners.map(({ name }) => name)) : fc.constant(null);
      return rule.map((quorum): LogPolicy => ({
        log: LOG,
        review: REVIEW,
        cosigners,
        quorum,
        witnessProgram: program && toHex(asBytes(program)),
      }));
    });
  fc.assert(
    fc.property(policies, (policy) => {
      expect(parseLogPolicy(formatLogPolicy(policy))).toEqual(policy);
    }),
  );
});

test("whatever is read is a policy that can be written, or is refused", () => {
  const words = fc.constantFrom(
    "log",
    "witness",
    "group",
    "quorum",
    "#firsthand",
    "review",
    "none",
    "any",
    "all",
    "2",
    "X",
    "Y",
    "\n",
    "\n",
    "\t",
    LOG,
    REVIEW,
    cosignerKey(1),
    cosignerKey(2),
  );
  const lines = fc.array(words, { maxLength: 40 }).map((some) => some.join(" "));
  fc.assert(
    fc.property(
      fc.oneof(
        lines,
        lines.map((some) => `${BASE}${some}\nquorum none`),
        fc.string(),
      ),
      (text) => {
        let policy: LogPolicy;
        try {
          policy = read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          expect((error as Refusal).code).toBe("bad-policy");
          return;
        }
        expect(parseLogPolicy(formatLogPolicy(policy))).toEqual(policy);
      },
    ),
  );
});
