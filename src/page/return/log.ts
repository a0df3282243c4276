/**
 * Looking for a receipt in the log over a line that breaks. Specification section 8. The page asks for the checkpoint and then for every entries tile in order, to
 * the last one, whichever entry is looked for and wherever it is found. So nobody who gives them out or watches can tell which one is meant.
 *
 * A few requests are under way at once, because over Tor most of the time is waiting. Of ten years' log (about 250,000 entries, 29 MB) some hundred kilobytes are in memory.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import type { Vkey } from "../../protocol/crypto/note.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Receipt } from "../../protocol/format/receipt.ts";
import { tilePath } from "../../protocol/format/tile.ts";
import { entriesTiles, searchLog, type Verdict } from "../../protocol/tlog/search.ts";
import { verifyCheckpoint } from "../../protocol/tlog/verify.ts";
import { insist, type UploadLine, UploadRefused, type UploadWatch } from "../upload/upload.ts";

/** Requests under way at once; browsers have six connections for one site. */
const AT_ONCE = 4;
/** A checkpoint with many cosigners, bytes. */
const CHECKPOINT_LIMIT = 16_384;
/** An entries tile, bytes: 256 entries of at most some 400. */
const TILE_LIMIT = 262_144;
/** Entries of a log of more than a hundred years. One that claims more would be fetched for ever. */
const MOST_ENTRIES = 4_000_000;

/** Told about how it goes. */
export interface LogWatch extends Pick<UploadWatch, "waiting" | "resumed"> {
  /** So many pieces of `total` are checked. */
  checked(done: number, total: number): void;
}

/**
 * What the log of `log` says of a receipt. Asks until it has everything.
 * @throws {Refusal} if this is not the log that its key signed, or a piece of it is missing; {@link UploadRefused} if there is no checkpoint to begin with; and
 * whatever `line.signal` was aborted with.
 */
export async function findInLog(receipt: Receipt, log: Vkey, watch: LogWatch, line: UploadLine): Promise<Verdict> {
  const own = new AbortController();
  const signal = AbortSignal.any([line.signal, own.signal]);
  const file = async (path: string, limit: number): Promise<Bytes> =>
    (await insist({ method: "GET", url: `${line.base}/log/${path}`, limit }, watch, { ...line, signal })) ?? new Uint8Array(0);
  try {
    return await search(receipt, log, watch, file);
  } finally {
    // After a wrong piece nobody wants the answers that are still on their way.
    own.abort();
  }
}

async function search(
  receipt: Receipt,
  log: Vkey,
  watch: LogWatch,
  file: (path: string, limit: number) => Promise<Bytes>,
): Promise<Verdict> {
  const checkpoint = await verifyCheckpoint(await file("checkpoint", CHECKPOINT_LIMIT), { log });
  if (checkpoint.size > MOST_ENTRIES) throw new Refusal("bad-checkpoint", "size");
  const places = [...entriesTiles(checkpoint.size)];

  const tile = async (place: number): Promise<Bytes> => {
    const { index, width } = places[place] ?? { index: 0, width: 0 };
    try {
      return await file(tilePath("entries", index, width), TILE_LIMIT);
    } catch (error) {
      throw error instanceof UploadRefused ? new Refusal("not-found") : error;
    }
  };
  const underWay: Promise<Bytes>[] = [];
  const askNext = (place: number): void => {
    if (place >= places.length) return;
    const asked = tile(place);
    // A failure is met when its turn comes; until then nobody looks at it.
    asked.catch(() => undefined);
    underWay.push(asked);
  };
  async function* tiles(): AsyncGenerator<Bytes> {
    for (let place = 0; place < AT_ONCE; place++) askNext(place);
    for (let done = 0; done < places.length; done++) {
      const next = await underWay.shift();
      if (next === undefined) throw new Error("nothing is under way");
      askNext(done + AT_ONCE);
      yield next;
      watch.checked(done + 1, places.length);
    }
  }
  return searchLog(receipt, checkpoint, tiles());
}
