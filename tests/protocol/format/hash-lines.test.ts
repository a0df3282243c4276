/** C2SP tlog-proof v1 and the request of C2SP tlog-witness: their texts' own examples, with keys and hashes put in where those are elided. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asBytes, type Bytes } from "../../../src/protocol/bytes.ts";
import { fromUtf8, toBase64, utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { formatAddCheckpoint, parseAddCheckpoint } from "../../../src/protocol/format/add-checkpoint.ts";
import { formatLogProof, parseLogProof } from "../../../src/protocol/format/tlog-proof.ts";

// https://c2sp.org/tlog-witness, "add-checkpoint", as it stands there.
const NOTE = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u2014 example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;
const REQUEST = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

${NOTE}`;
// https://c2sp.org/tlog-proof, with other extra data: the one there is no base64.
const PROOF = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMQ==
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

${NOTE}`;

const hashes = fc.array(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((some) => asBytes(new Uint8Array(some))),
  { maxLength: 63 },
);
const size = fc.maxSafeNat();
const note = fc.string().map(utf8);

const FORMATS = [
  {
    name: "a request to a cosigner",
    example: REQUEST,
    again: (input: Bytes): Bytes => formatAddCheckpoint(parseAddCheckpoint(input)),
    valid: fc.record({ oldSize: size, proof: hashes, note }).map(formatAddCheckpoint),
  },
  {
    name: "a log proof",
    example: PROOF,
    again: (input: Bytes): Bytes => formatLogProof(parseLogProof(input)),
    valid: fc
      .record({
        extra: fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 }).map((some) => asBytes(new Uint8Array(some)))),
        index: size,
        hashes,
        note,
      })
      .map(formatLogProof),
  },
];

describe.each(FORMATS)("$name", ({ example, again, valid }) => {
  test("of C2SP's text is read and written again", () => {
    expect(fromUtf8(again(utf8(example)))).toBe(example);
  });

  test("is read as it was written", () => {
    fc.assert(
      fc.property(valid, (input) => {
        expect(again(input)).toEqual(input);
      }),
    );
  });

  test("is read in its one form or refused, whatever is changed", () => {
    const changed = fc.tuple(valid, fc.nat(), fc.nat(255), fc.boolean()).map(([input, place, octet, cut]) => {
      const at = input.length === 0 ? 0 : place % Math.min(input.length, 400);
      if (cut) return input.slice(0, at);
      const other = input.slice();
      other[at] = octet;
      return other;
    });
    const lines = fc.array(
      fc.constantFrom(
        "old 1",
        "index 0",
        "index 01",
        "extra AA==",
        "extra ",
        "c2sp.org/tlog-proof@v1",
        "",
        "x",
        toBase64(new Uint8Array(32)),
        toBase64(new Uint8Array(31)),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          changed,
          lines.map((some) => utf8(some.join("\n"))),
        ),
        (input) => {
          let output: Bytes;
          try {
            output = again(input);
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
            expect((error as Refusal).code).toBe("bad-proof");
            return;
          }
          expect(output).toEqual(input);
        },
      ),
    );
  });
});

test("what they say", () => {
  const request = parseAddCheckpoint(utf8(REQUEST));
  expect({ ...request, proof: request.proof.map(toBase64), note: fromUtf8(request.note) }).toMatchObject({
    oldSize: 20_852_014,
    proof: { length: 4 },
    note: NOTE,
  });
  const proof = parseLogProof(utf8(PROOF));
  expect(fromUtf8(proof.extra ?? new Uint8Array())).toBe("age-v1.2.1");
  expect(proof).toMatchObject({ index: 73_894, hashes: { length: 5 } });
  expect(parseLogProof(utf8(PROOF.replace(/extra .*\n/, ""))).extra).toBeNull();
});

test.each([
  ["64 hashes", `old 1\n${`${toBase64(new Uint8Array(32))}\n`.repeat(64)}\nnote`],
  ["a size with a leading zero", "old 01\n\nnote"],
  ["a size beyond 2^53-1", "old 9007199254740992\n\nnote"],
  ["a size below zero", "old -1\n\nnote"],
  ["a short hash", `old 1\n${toBase64(new Uint8Array(31))}\n\nnote`],
  ["no note", "old 1\n"],
  ["a carriage return", "old 1\r\n\nnote"],
])("a request with %s is refused", (_, text) => {
  expect(() => parseAddCheckpoint(utf8(text))).toThrow(expect.objectContaining({ code: "bad-proof" }));
});

test.each([
  ["another version", PROOF.replace("@v1", "@v2")],
  ["no index", PROOF.replace("index 73894\n", "")],
  ["two indexes", PROOF.replace("index 73894\n", "index 73894\nindex 1\n")],
  ["empty extra data", PROOF.replace("extra YWdlLXYxLjIuMQ==", "extra ")],
  ["extra data after the index", PROOF.replace("extra YWdlLXYxLjIuMQ==\nindex 73894", "index 73894\nextra YWdlLXYxLjIuMQ==")],
  ["base64 that is not canonical", PROOF.replace("MQ==", "MR==")],
])("a proof with %s is refused", (_, text) => {
  expect(() => parseLogProof(utf8(text))).toThrow(expect.objectContaining({ code: "bad-proof" }));
});

const ZEROS = new Uint8Array(65_536);

test.each([
  ["extra data of nothing", { extra: ZEROS.slice(0, 0) }, "1 to 65,535 bytes"],
  ["extra data of 65,536 bytes", { extra: ZEROS }, "1 to 65,535 bytes"],
  ["an index below 0", { index: -1 }, "out of range"],
  ["half an index", { index: 0.5 }, "out of range"],
])("a log proof is not written with %s", (_, change, words) => {
  expect(() => formatLogProof({ extra: null, index: 0, hashes: [], note: utf8("note"), ...change })).toThrow(words);
});

test("a log proof has up to 65,535 bytes of extra data", () => {
  const proof = { extra: ZEROS.slice(1), index: 0, hashes: [], note: utf8("note") };
  expect(parseLogProof(formatLogProof(proof)).extra).toEqual(proof.extra);
  const more = fromUtf8(formatLogProof(proof)).replace(toBase64(proof.extra), toBase64(ZEROS));
  expect(() => parseLogProof(utf8(more))).toThrow(expect.objectContaining({ code: "bad-proof" }));
});
