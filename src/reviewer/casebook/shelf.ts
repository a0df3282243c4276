/**
 * The shelf: where a bundle's files lie in a casebook, and how they are read back.
 *
 *     bundles/000007/
 *       checkpoint                       as received
 *       log/tile/…                       the tile files this bundle brought
 *       batches/00000012/0003            sealed items that were no decoys, as received; positions count from 0
 *       tip-keys.jwe                     one key for each tip, see tip-keys.ts
 *       tips/<id>.jwe                    what is known of a tip, and its session key, under the tip's key
 *     bundles/000007.partial/            an import that did not finish; the next one removes it
 *
 * A destroyed tip has no key, no record and no sealed file any more (destroy.ts); the events that name it stay.
 */
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { asBytes, type Bytes, type Source } from "../../protocol/bytes.ts";
import { fromHex, fromUtf8, toHex, utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { formatJson, hex, list, oneOf, parseJson, record, text } from "../../protocol/format/json.ts";
import { tilePath } from "../../protocol/format/tile.ts";
import { LONGEST_TIP_JSON, parseTip, type Tip } from "../../protocol/format/tip.ts";
import type { TileReader } from "../../protocol/tlog/tree.ts";
import { closeBox, openBox } from "./box.ts";
import type { Casebook } from "./casebook.ts";
import type { TipEntry } from "./event.ts";
import { tipId } from "./identifiers.ts";
import { bundleFolder } from "./places.ts";

/** Where an item lies below its bundle's folder. */
export function itemPath(batch: number, position: number): string {
  return `batches/${String(batch).padStart(8, "0")}/${String(position).padStart(4, "0")}`;
}

/** Where a tip's record lies below its bundle's folder. */
export function recordPath(id: string): string {
  return `tips/${id}.jwe`;
}

/** What is known of a tip besides its sealed file. */
export interface TipRecord {
  readonly id: string;
  /** Of the sealed file, 32 bytes: opens it without any certificate. */
  readonly sessionKey: Bytes;
  readonly tip: Tip;
  /** The bytes the witness signed, and the signature, 64 bytes. */
  readonly tipJson: Bytes;
  readonly signature: Bytes;
  /** Plain SHA-256 of each attachment, hexadecimal, in order. */
  readonly hashes: readonly string[];
}

const recordReader = record({
  version: oneOf([1]),
  id: tipId,
  session_key: hex(32),
  tip: text(LONGEST_TIP_JSON, 1),
  signature: hex(64),
  hashes: list(hex(32), 999),
});

/** The file of a record, under the tip's key. */
export async function formatRecord(record: TipRecord, key: Bytes): Promise<Bytes> {
  const json = formatJson({
    version: 1,
    id: record.id,
    session_key: toHex(record.sessionKey),
    tip: fromUtf8(record.tipJson),
    signature: toHex(record.signature),
    hashes: record.hashes,
  });
  return closeBox(json, key, "firsthand-tip");
}

/** A tip with the bundle that brought it. */
export interface ShelvedTip {
  readonly bundle: number;
  /** Day its batch was sealed. */
  readonly date: string;
  readonly entry: TipEntry;
}

/** Every tip of a casebook in the order it came. */
export function tipsOf(casebook: Casebook): ShelvedTip[] {
  return casebook.acts("imported").flatMap(({ bundle, batches, tips }) => {
    const dates = new Map(batches.map(({ batch, date }) => [batch, date]));
    return tips.map((entry) => ({ bundle, date: dates.get(entry.batch) ?? "", entry }));
  });
}

/** Every tip, by witness: the witness whose first tip came first is first. Each one's tips by batch, then by the number the witness's page gave them. */
export function threadsOf(casebook: Casebook): ShelvedTip[][] {
  const threads = Map.groupBy(tipsOf(casebook), ({ entry }) => entry.thread);
  return [...threads.values()].map((tips) => tips.sort((one, other) => inThread(one.entry, other.entry)));
}

function inThread(one: TipEntry, other: TipEntry): number {
  return one.batch - other.batch || one.sequence - other.sequence || one.position - other.position;
}

/**
 * The one tip whose id begins with `prefix`, at least four digits of it.
 * @throws {Refusal} `no-such-tip`; `usage` if there are several.
 */
export function findTip(casebook: Casebook, prefix: string): ShelvedTip {
  if (!/^[0-9a-f]{4,12}$/.test(prefix)) throw new Refusal("no-such-tip");
  const [found, another] = tipsOf(casebook).filter(({ entry }) => entry.id.startsWith(prefix));
  if (found === undefined) throw new Refusal("no-such-tip");
  if (another !== undefined) throw new Refusal("usage", "several tips begin like this; give more digits");
  return found;
}

/** @throws {Refusal} `tip-destroyed`; `casebook-damaged` if the record is not there or not this tip's. */
export async function readRecord(casebook: Casebook, { bundle, entry }: ShelvedTip): Promise<TipRecord> {
  if (casebook.state.tip(entry.id).destroyed) throw new Refusal("tip-destroyed");
  const damaged = (): Refusal => new Refusal("casebook-damaged", `record of tip ${entry.id}`);
  const file = await readFile(join(bundleFolder(casebook, bundle), recordPath(entry.id))).catch(() => {
    throw damaged();
  });
  const key = await casebook.tipKeys.of(bundle, entry.id);
  try {
    const fields = recordReader(parseJson(await openBox(new Uint8Array(file), key, "firsthand-tip")), "record");
    const tipJson = utf8(fields.tip);
    const tip = parseTip(tipJson);
    const fits = fields.id === entry.id && toHex(tip.thread) === entry.thread && fields.hashes.length === tip.attachments.length;
    if (fits)
      return {
        id: fields.id,
        sessionKey: fromHex(fields.session_key),
        tip,
        tipJson,
        signature: fromHex(fields.signature),
        hashes: fields.hashes,
      };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw damaged();
}

/** A file in pieces. Ends with a {@link Fault} if it cannot be read. */
export async function* readPieces(path: string): AsyncGenerator<Bytes, void, undefined> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1_048_576 })) yield asBytes(piece as Uint8Array);
  } catch (cause) {
    throw new Fault("reading a file", cause);
  }
}

/** The sealed file of an item, as received. */
export function sealedItem(casebook: Casebook, bundle: number, batch: number, position: number): Source {
  return readPieces(join(bundleFolder(casebook, bundle), itemPath(batch, position)));
}

/** The log's tiles, wherever they are: in the given bundle folders, the latest last. */
export function tilesIn(folders: readonly string[]): TileReader {
  return {
    tile: async (level, index, width) => {
      const path = join("log", tilePath(level, index, width));
      for (const folder of folders.toReversed()) {
        const tile = await readIfThere(join(folder, path));
        if (tile !== null) return tile;
      }
      throw new Refusal("bad-tile", `${path} is missing`);
    },
  };
}

async function readIfThere(path: string): Promise<Bytes | null> {
  try {
    const file = await open(path, "r");
    try {
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) return null;
    throw new Fault("reading a tile of the log", cause);
  }
}
