import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { PieceReader } from "../../src/protocol/piece-reader.ts";
import { patternOf, streamOf } from "../support/bytes.ts";
import { refusalOf } from "../support/refusals.ts";

describe("a stream read in pieces", () => {
  it("gives the same bytes whatever is asked for and however they come", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat({ max: 30 })),
        async (bytes, size, asked) => {
          const reader = new PieceReader(streamOf(bytes, size));
          const given: Bytes[] = [];
          for (const length of asked) {
            if (reader.read + length > bytes.length) break;
            const piece = await reader.exactly(length);
            expect(piece).toHaveLength(length);
            given.push(piece);
          }
          for (let piece = await reader.next(); piece !== null; piece = await reader.next()) given.push(piece);
          expect([...concat(...given)]).toEqual([...bytes]);
          expect(reader.read).toBe(bytes.length);
        },
      ),
    );
  });

  it("ends by name when more is asked for than there is", async () => {
    expect(await refusalOf(() => new PieceReader(streamOf(patternOf(5))).exactly(6))).toBe("truncated");
    const reader = new PieceReader(streamOf(patternOf(5)));
    expect(await reader.atMost(10)).toHaveLength(5);
    expect(await refusalOf(() => reader.atMost(1))).toBe("truncated");
    expect(await reader.next()).toBeNull();
  });

  it("passes over empty pieces", async () => {
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      await Promise.resolve();
      yield new Uint8Array(0);
      yield patternOf(3);
      yield new Uint8Array(0);
    }
    const reader = new PieceReader(source());
    expect(await reader.next()).toHaveLength(3);
    expect(await reader.next()).toBeNull();
  });

  it("ends its source when it is closed", async () => {
    let ended = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        await Promise.resolve();
        yield patternOf(3);
        yield patternOf(3);
      } finally {
        ended = true;
      }
    }
    const reader = new PieceReader(source());
    await reader.exactly(2);
    expect(ended).toBe(false);
    await reader.close();
    expect(ended).toBe(true);
  });

  it("may be closed when its source has nothing to end", async () => {
    const pieces = [patternOf(3)].values();
    const reader = new PieceReader({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(pieces.next()) }),
    });
    expect(await reader.exactly(3)).toEqual(patternOf(3));
    await expect(reader.close()).resolves.toBeUndefined();
  });
});
