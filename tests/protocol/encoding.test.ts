import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, equal, readInteger, rechunk, u16, u32, u64 } from "../../src/protocol/bytes.ts";
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "../../src/protocol/encoding.ts";

const bytes = fc.uint8Array({ maxLength: 200 });

describe("hexadecimal and base64", () => {
  it("agree with another implementation on any bytes", () => {
    fc.assert(
      fc.property(bytes, (some) => {
        expect(toHex(some)).toBe(Buffer.from(some).toString("hex"));
        expect(toBase64(some)).toBe(Buffer.from(some).toString("base64"));
        expect(equal(fromHex(toHex(some)), some)).toBe(true);
        expect(equal(fromBase64(toBase64(some)), some)).toBe(true);
      }),
    );
  });

  it("accept only what they would have written", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        for (const [decode, encode] of [
          [fromHex, toHex],
          [fromBase64, toBase64],
        ] as const) {
          let decoded;
          try {
            decoded = decode(text);
          } catch {
            continue;
          }
          expect(encode(decoded)).toBe(text);
        }
      }),
    );
  });

  it("read megabytes", () => {
    const many = new Uint8Array(9_000_000).fill(7);
    expect(fromBase64(Buffer.from(many).toString("base64")).length).toBe(many.length);
    expect(fromHex("07".repeat(9_000_000)).length).toBe(many.length);
  });

  it.each(["AA", "====", "AB==", "A===", "AAA", " AAAA", "AAAA\n", "AA-_"])("refuse base64 that is not canonical: %j", (text) => {
    expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: "not-base64" }));
  });

  it.each(["a", "AB", "0g", "ab "])("refuse hexadecimal that is not canonical: %j", (text) => {
    expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: "not-hex" }));
  });

  it("refuse a wrong length of hexadecimal", () => {
    expect(() => fromHex("abcd", 3)).toThrow(expect.objectContaining({ code: "not-hex" }));
  });
});

describe("UTF-8", () => {
  it("keeps every script as it is", () => {
    for (const text of ["器官", "ئۇيغۇر", "བོད་ཡིག", "\ufeffmark", ""]) expect(fromUtf8(utf8(text))).toBe(text);
  });

  it("refuses lone surrogates and broken bytes", () => {
    expect(() => utf8("\ud800")).toThrow(expect.objectContaining({ code: "not-utf8" }));
    expect(() => fromUtf8(Uint8Array.of(0xc0, 0x80))).toThrow(expect.objectContaining({ code: "not-utf8" }));
  });
});

describe("integers", () => {
  it("come back from two, four and eight octets", () => {
    fc.assert(
      fc.property(fc.nat(65_535), fc.nat(2 ** 31 - 1), fc.maxSafeNat(), (small, middle, large) => {
        expect(readInteger(u16(small), 0, 2)).toBe(small);
        expect(readInteger(u32(middle), 0, 4)).toBe(middle);
        expect(readInteger(concat(u16(1), u64(large)), 2, 8)).toBe(large);
      }),
    );
  });

  it("refuse to be read past the end or above the safe range", () => {
    expect(() => readInteger(u16(1), 1, 2)).toThrow(expect.objectContaining({ code: "truncated" }));
    expect(() => readInteger(new Uint8Array(8).fill(255), 0, 8)).toThrow(expect.objectContaining({ code: "bad-field" }));
  });

  it("are a bug if they do not fit", () => {
    expect(() => u16(65_536)).toThrow("does not fit");
  });
});

describe("cutting a stream anew", () => {
  it("gives the same bytes in pieces of one size, whatever came", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), async (pieces, size) => {
        const cut = await Array.fromAsync(rechunk(pieces, size));
        expect(equal(concat(...cut), concat(...pieces))).toBe(true);
        for (const piece of cut.slice(0, -1)) expect(piece.length).toBe(size);
        expect(cut.every((piece) => piece.length > 0 && piece.length <= size)).toBe(true);
      }),
    );
  });

  it("gives the same when what is put together lies in one place, looked at piece by piece", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), async (pieces, size) => {
        const memory = new Uint8Array(size);
        const seen: Uint8Array[] = [];
        for await (const piece of rechunk(pieces, size, memory)) seen.push(piece.slice());
        expect(seen).toEqual(await Array.fromAsync(rechunk(pieces, size)));
      }),
    );
  });

  it("copies nothing that has the right size already", async () => {
    const whole = new Uint8Array(96);
    const cut = await Array.fromAsync(rechunk([whole], 32));
    expect(cut.map((piece) => [piece.buffer === whole.buffer, piece.byteOffset])).toEqual([0, 32, 64].map((at) => [true, at]));
  });
});
