/** Walking, searching and growing a log of ten years of daily batches: 3,650 batches of 64 items, with the leaf that seals each. */
import { asBytes, type Bytes } from "../../src/protocol/bytes.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { formatDate } from "../../src/protocol/format/date.ts";
import { formatLeaf } from "../../src/protocol/format/leaf.ts";
import { type TileLevel, tilePath } from "../../src/protocol/format/tile.ts";
import { newTiles, type TileReader, treeHash } from "../../src/protocol/tlog/tree.ts";
import { entriesTiles, searchLog } from "../../src/protocol/tlog/search.ts";
import { walkLog } from "../../src/protocol/tlog/verify.ts";
import { processorSeconds, type Result } from "./target.ts";

const BATCHES = 3_650;
const ITEMS = 64;
/** Leaves of a batch: its items and the leaf that seals it. */
const BATCH_LENGTH = ITEMS + 1;
const ROUNDS = 40;

/** Tiles in memory. */
class TilesInMemory implements TileReader {
  readonly #tiles = new Map<string, Bytes>();

  tile(level: TileLevel, index: number, width: number): Promise<Bytes> {
    const tile = this.#tiles.get(tilePath(level, index, width));
    return tile === undefined ? Promise.reject(new Error("a tile is missing")) : Promise.resolve(tile);
  }

  async append(oldSize: number, leaves: readonly Bytes[]): Promise<number> {
    for (const { path, bytes } of await newTiles(oldSize, leaves, this)) this.#tiles.set(path, bytes);
    return oldSize + leaves.length;
  }
}

function batchLeaves(batch: number): Bytes[] {
  const leaves: Bytes[] = [];
  for (let item = 0; item < ITEMS; item++) {
    leaves.push(formatLeaf({ kind: "received", batch, c: toHex(sha256(utf8(`${String(batch)}/${String(item)}`))) }));
  }
  const hash = toHex(sha256(utf8(String(batch))));
  leaves.push(formatLeaf({ kind: "sealed", batch, date: formatDate(20_000 + batch), size: ITEMS, policy: hash, key: hash }));
  return leaves;
}

/** Processor seconds of the walk and of one append. */
export async function benchLog(): Promise<Result[]> {
  const log = new TilesInMemory();
  const all: Bytes[] = [];
  let size = 0;
  for (let batch = 1; batch <= BATCHES; batch++) {
    const leaves = batchLeaves(batch);
    all.push(...leaves);
    size = await log.append(size, leaves);
  }
  const root = await treeHash(size, log);

  const hashing = await processorSeconds(() => {
    const node = new Uint8Array(65);
    for (const leaf of all) {
      sha256(leaf);
      sha256(node);
    }
  });
  const walking = await processorSeconds(() =>
    walkLog({ origin: "bench", size, root }, log, {
      leaf: (_index, entry) => {
        if (entry.length === 0) throw new Error("an empty entry");
      },
    }),
  );

  const searching = await processorSeconds(async () => {
    async function* tiles(): AsyncGenerator<Bytes> {
      for (const { index, width } of entriesTiles(size)) yield log.tile("entries", index, width);
    }
    const receipt = { origin: "bench", commitment: sha256(utf8("nowhere")), batch: BATCHES };
    const { kind } = await searchLog(receipt, { origin: "bench", size, root }, tiles());
    if (kind !== "missing") throw new Error("what is nowhere was found");
  });

  const early = await appending(BATCH_LENGTH * 3, log);
  const last = await appending(size, log);
  return [
    {
      name: `check every entry, tile and the root of ${String(size)} entries`,
      value: walking,
      unit: "CPU-s",
      baseline: { name: "as many bare SHA-256 of the same bytes", value: hashing },
      target: { ratio: 4, aim: "at-most" },
    },
    {
      name: `look for a receipt in ${String(size)} entries, as the witness's page does`,
      value: searching,
      unit: "CPU-s",
      baseline: { name: "as many bare SHA-256 of the same bytes", value: hashing },
      target: { ratio: 4, aim: "at-most" },
    },
    {
      name: "append a batch at year ten",
      value: last,
      unit: "CPU-s",
      baseline: { name: "append a batch on day four, which fills a tile too", value: early },
      target: { ratio: 2, aim: "at-most" },
    },
  ];
}

/** Processor seconds for appending one batch to a log of `size` entries, mean of many. */
async function appending(size: number, log: TilesInMemory): Promise<number> {
  const leaves = batchLeaves(BATCHES + 1).map(asBytes);
  return (
    (await processorSeconds(async () => {
      for (let round = 0; round < ROUNDS; round++) await newTiles(size, leaves, log);
    })) / ROUNDS
  );
}
