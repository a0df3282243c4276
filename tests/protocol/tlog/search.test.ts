import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import type { NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import type { Leaf } from "../../../src/protocol/format/leaf.ts";
import { tilePath } from "../../../src/protocol/format/tile.ts";
import { GrowingTree, leafHash, rootOf } from "../../../src/protocol/tlog/merkle.ts";
import { entriesTiles, searchLog, type Verdict } from "../../../src/protocol/tlog/search.ts";
import { verifyCheckpoint } from "../../../src/protocol/tlog/verify.ts";
import { batchLeaves, batchLog, commitmentIn, dateOf } from "../../support/batch-log.ts";
import { MemoryLog, signerOf } from "../../support/memory-log.ts";
import { refusalOf } from "../../support/refusals.ts";

const NOWHERE = sha256(utf8("in no batch"));

let signer: NoteSigner;
/** Five batches: two entries tiles, the second one partial. */
let log: MemoryLog;
beforeAll(async () => {
  signer = await signerOf("tips.example/log");
  log = await batchLog(signer, 5);
});

async function search(from: MemoryLog, commitment: Bytes, batch: number, alter = (tiles: Bytes[]) => tiles): Promise<Verdict> {
  const checkpoint = await verifyCheckpoint(from.files.get("checkpoint") ?? new Uint8Array(), { log: from.signer.vkey });
  const tiles = [...entriesTiles(checkpoint.size)].map(
    ({ index, width }) => from.files.get(tilePath("entries", index, width)) ?? new Uint8Array(),
  );
  // eslint-disable-next-line @typescript-eslint/require-await -- an async iterable is what is asked for
  async function* inOrder(): AsyncGenerator<Bytes> {
    yield* alter(tiles);
  }
  return searchLog({ origin: from.signer.vkey.name, commitment, batch }, checkpoint, inOrder());
}

async function logOf(leaves: readonly Leaf[]): Promise<MemoryLog> {
  const made = new MemoryLog(signer);
  await made.append(leaves);
  return made;
}

describe("a receipt in a log", () => {
  test("is found wherever its item stands, with its batch and date", async () => {
    for (const [batch, position] of [
      [1, 0],
      [3, 40],
      [4, 0],
      [5, 63],
    ] as const) {
      expect(await search(log, commitmentIn(batch, position), batch)).toEqual({
        kind: "included",
        batch,
        date: dateOf(batch),
        late: false,
      });
    }
  });

  test("is fulfilled by an earlier batch, and not in time by a later one", async () => {
    expect(await search(log, commitmentIn(2, 1), 3)).toMatchObject({ kind: "included", batch: 2, late: false });
    expect(await search(log, commitmentIn(4, 1), 3)).toMatchObject({ kind: "included", batch: 4, date: dateOf(4), late: true });
  });

  test("is not due before its batch is sealed, and missing from then on", async () => {
    expect(await search(log, NOWHERE, 6)).toEqual({ kind: "not-due", last: { batch: 5, date: dateOf(5) } });
    expect(await search(log, NOWHERE, 5)).toEqual({ kind: "missing", date: dateOf(5) });
    expect(await search(log, NOWHERE, 1)).toEqual({ kind: "missing", date: dateOf(1) });
    expect(await search(await batchLog(signer, 0), NOWHERE, 1)).toEqual({ kind: "not-due", last: null });
  });

  test("shows that the log went back, when batches are gone that were there when it was given", async () => {
    expect(await search(log, NOWHERE, 7)).toMatchObject({ kind: "not-due" });
    expect(await search(log, NOWHERE, 8)).toEqual({ kind: "shrunk" });
    expect(await search(await batchLog(signer, 0), NOWHERE, 3)).toEqual({ kind: "shrunk" });
  });
});

describe("a log that does not hold together is refused:", () => {
  const refused = (from: MemoryLog, alter?: (tiles: Bytes[]) => Bytes[]): Promise<string | null> =>
    refusalOf(() => search(from, commitmentIn(1, 0), 1, alter));

  test("another item in place of one, though its form is right", async () => {
    const other = new TextEncoder().encode(toHex(NOWHERE));
    const forked = await refused(log, ([first = new Uint8Array(), ...rest]) => {
      const changed = first.slice();
      changed.set(other, new TextDecoder().decode(first).indexOf('"c":"') + 5);
      return [changed, ...rest];
    });
    expect(forked).toBe("bad-proof");
  });

  test("the entries of another log of the same key and size", async () => {
    const other = await logOf([
      { kind: "policy", date: "2026-01-01", from: "2026-01-01", note: "2".repeat(64), number: 1, sha256: "1".repeat(64) },
      ...[1, 2, 3, 4, 5].flatMap((batch) => batchLeaves(batch)),
    ]);
    expect(other.size).toBe(log.size);
    other.files.set("checkpoint", log.files.get("checkpoint") ?? new Uint8Array());
    expect(await refused(other)).toBe("bad-proof");
  });

  test("a tile too few, too many, cut, or out of its place", async () => {
    expect(await refused(log, (tiles) => tiles.slice(0, 1))).toBe("bad-tile");
    expect(await refused(log, (tiles) => [...tiles, ...tiles.slice(1)])).toBe("bad-tile");
    expect(await refused(log, ([first = new Uint8Array(), ...rest]) => [first.slice(0, -1), ...rest])).toBe("bad-tile");
    expect(await refused(log, (tiles) => tiles.toReversed())).toBe("bad-tile");
  });

  test("batches that are skipped, doubled, cut short, interrupted or without an end", async () => {
    const policy: Leaf = {
      kind: "policy",
      date: "2026-01-01",
      from: "2026-01-01",
      note: "2".repeat(64),
      number: 1,
      sha256: "1".repeat(64),
    };
    for (const [what, leaves] of Object.entries({
      skipped: [...batchLeaves(1), ...batchLeaves(3)],
      doubled: [...batchLeaves(1), ...batchLeaves(1)],
      short: [...batchLeaves(1).slice(1)],
      interrupted: batchLeaves(1).toSpliced(3, 0, policy),
      endless: batchLeaves(1).slice(0, -1),
    })) {
      expect(await refused(await logOf(leaves)), what).toBe("bad-leaf");
    }
  });

  test("an entry of no known kind", async () => {
    const made = new MemoryLog(signer);
    await made.append([utf8('{"kind":"mark"}')]);
    expect(await refused(made)).toBe("bad-leaf");
  });

  test("whatever a server gives instead of a tile is refused, and nothing else is thrown", async () => {
    const [tile = new Uint8Array()] = [log.files.get(tilePath("entries", 0))];
    const altered = fc.tuple(fc.nat({ max: tile.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
      const bytes = tile.slice();
      bytes[at] = (bytes[at] ?? 0) ^ by;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          altered,
          fc.uint8Array({ maxLength: 600 }).map((bytes) => bytes.slice()),
        ),
        async (bytes) => {
          await expect(search(log, NOWHERE, 1, ([, ...rest]) => [bytes, ...rest])).rejects.toBeInstanceOf(Refusal);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test("a growing tree has the root of all its leaves, after each of them", () => {
  const leaves = Array.from({ length: 70 }, (_, n) => leafHash(utf8(`entry ${String(n)}`)));
  const tree = new GrowingTree();
  for (let size = 0; size <= leaves.length; size++) {
    expect(tree.root(), String(size)).toEqual(rootOf(leaves.slice(0, size)));
    const next = leaves[size];
    if (next !== undefined) tree.add(next);
  }
});
