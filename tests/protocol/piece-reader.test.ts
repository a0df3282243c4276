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
            given.push(await reader.exactly(length));
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
});
