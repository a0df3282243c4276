import { describe, expect, test } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { parseEntries, parseTilePath, tilePath } from "../../../src/protocol/format/tile.ts";
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from "../../../src/protocol/tlog/merkle.ts";
import { consistencyProof, inclusionProof, tilesOf, treeHash } from "../../../src/protocol/tlog/tree.ts";
import { checkLog } from "../../support/check-log.ts";
import { MemoryLog, signerOf } from "../../support/memory-log.ts";

/** Entry number n: canonical JSON, so that the oracle takes it. */
function entry(n: number): Bytes {
  return utf8(`{"n":"${String(n)}"}`);
}

function entries(from: number, to: number): Bytes[] {
  return Array.from({ length: to - from }, (_, index) => entry(from + index));
}

async function logOf(sizes: readonly number[]): Promise<MemoryLog> {
  const log = new MemoryLog(await signerOf("log.example/firsthand"));
  for (const size of sizes) await log.append(entries(log.size, size));
  return log;
}

describe("a log grown in steps", () => {
  test("holds for the independent checker after every step", async () => {
    const log = new MemoryLog(await signerOf("log.example/firsthand"));
    let earlier: Uint8Array | undefined;
    for (const size of [0, 1, 2, 3, 64, 65, 255, 256, 257, 511, 512, 700]) {
      await log.append(entries(log.size, size));
      const checked = await checkLog(log.readFile, log.signer.vkey.text, earlier);
      expect(checked.size).toBe(size);
      expect(checked.leaves.at(-1)).toBe(size === 0 ? undefined : `{"n":"${String(size - 1)}"}`);
      earlier = checked.checkpoint;
    }
  });

  test("holds when tile level 2 begins", async () => {
    const log = await logOf([65_000, 65_535]);
    await checkLog(log.readFile, log.signer.vkey.text);
    await log.append(entries(65_535, 65_537));
    const checked = await checkLog(log.readFile, log.signer.vkey.text);
    expect(checked.size).toBe(65_537);
    expect(log.files.get("tile/2/000.p/1")).toHaveLength(32);
  });

  test("gives the same tiles whatever the steps", async () => {
    const [atOnce, slowly] = await Promise.all([logOf([600]), logOf([1, 2, 255, 256, 258, 599, 600])]);
    for (const { level, index, width } of tilesOf(600)) {
      const path = tilePath(level, index, width);
      expect(atOnce.files.get(path), path).toEqual(slowly.files.get(path));
    }
    expect(atOnce.files.get("checkpoint")).toEqual(slowly.files.get("checkpoint"));
  });

  test("writes nothing when nothing is appended and lists every tile of its size", async () => {
    const log = await logOf([600]);
    const before = [...log.files.keys()];
    await log.append([]);
    expect([...log.files.keys()]).toEqual(before);
    const listed = [...tilesOf(600)].map(({ level, index, width }) => tilePath(level, index, width));
    expect(listed.toSorted()).toEqual(before.filter((path) => path !== "checkpoint").toSorted());
    for (const path of listed) {
      const { level, width } = parseTilePath(path);
      const bytes = log.files.get(path) ?? new Uint8Array();
      if (level === "entries") expect(parseEntries(bytes, width)).toHaveLength(width);
    }
  });
});

describe("the independent checker refuses", () => {
  test.each(["tile/entries/000", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "checkpoint"])(
    "a log in which one bit of %s is turned",
    async (path) => {
      const log = await logOf([300]);
      const bytes = (log.files.get(path) ?? new Uint8Array()).slice();
      bytes[bytes.length - 10] = (bytes.at(-10) ?? 0) ^ 1;
      log.files.set(path, bytes);
      await expect(checkLog(log.readFile, log.signer.vkey.text)).rejects.toThrow(/does not hold/);
    },
  );

  test("a log that was rewritten behind an earlier checkpoint, or shrank", async () => {
    const first = await logOf([300]);
    const second = new MemoryLog(first.signer);
    await second.append([entry(77), ...entries(1, 400)]);
    await expect(checkLog(second.readFile, first.signer.vkey.text, first.files.get("checkpoint"))).rejects.toThrow(/growth/);
    await expect(checkLog(first.readFile, first.signer.vkey.text, second.files.get("checkpoint"))).rejects.toThrow(/shrank/);
  });
});

describe("proofs", () => {
  test("from tiles hold for every entry and every pair of sizes up to 70", async () => {
    const log = await logOf([70]);
    const hashes = entries(0, 70).map(leafHash);
    for (let size = 1; size <= 70; size++) {
      const root = rootOf(hashes.slice(0, size));
      const partial = await logOf([size]);
      expect(await treeHash(size, partial)).toEqual(root);
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, partial);
        verifyInclusion(hashes[index] ?? root, index, size, proof, root);
      }
      verifyConsistency(size, root, 70, rootOf(hashes), await consistencyProof(size, 70, log));
    }
  });

  test("hold across tile borders", async () => {
    const log = await logOf([66_000]);
    const hashes = entries(0, 66_000).map(leafHash);
    const root = rootOf(hashes);
    for (const index of [0, 255, 256, 511, 65_535, 65_536, 65_999]) {
      verifyInclusion(leafHash(entry(index)), index, 66_000, await inclusionProof(index, 66_000, log), root);
    }
    for (const size of [0, 1, 255, 256, 257, 1000, 65_535, 65_536, 65_537, 65_999, 66_000]) {
      verifyConsistency(size, rootOf(hashes.slice(0, size)), 66_000, root, await consistencyProof(size, 66_000, log));
    }
  });
});
