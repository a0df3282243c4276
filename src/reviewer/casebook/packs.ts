/**
 * Packs: many events in one file, so that opening a casebook of half a million events does not open half a million files and check as many signatures. They only repeat
 * what the events' own files say, may be missing, and are made anew by the next writer.
 *
 *     packs/00000001.jwe, packs/00004097.jwe …     the signed events from that number on, one a line, under the casebook's key
 *
 * Why a pack may be believed. The events in it are hashed again and must be a chain from the first event on, without a gap. The last one is an *anchor*: its own file is opened, its
 * signature checked, and its link must be the same. A signature is over the link before, so over everything before it: whoever signed the anchor, with the casebook open before
 * them and checked, signed for all of it. So whoever has the cards and no signing key cannot change what a pack says. A pack that was changed, cut, taken from an older or a diverged
 * copy, or made by hand fails one of these checks; then it is left aside, and every event's own file is read.
 *
 * What is not checked on this way: every single signature, and whether the files of older events are still as they were. `verify` reads every file and no pack.
 *
 * There is no such file for the search (tip-index.ts): words of a destroyed tip must not lie about under another key than that tip's.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { closeBox, openBox } from "./box.ts";
import { writeDurably } from "./durable-file.ts";
import { NOTHING_BEFORE, readPackedEvent, type SignedEvent } from "./event.ts";

/** Events in one pack. Fewer than so many are always read from their own files. */
export const PACK_SIZE = 4096;

const LINE_END = 0x0a;

/** Where the pack that begins with this event lies. */
function packPath(folder: string, first: number): string {
  return join(folder, "packs", `${String(first).padStart(8, "0")}.jwe`);
}

/**
 * The events that packs have, from the first one on: a chain whose signatures nobody checked here. The caller holds the last of them against its own file.
 * Ends at the first pack that is missing or cannot be believed.
 */
export async function readPacks(folder: string, key: Bytes): Promise<SignedEvent[]> {
  const events: SignedEvent[] = [];
  for (;;) {
    const file = await readFile(packPath(folder, events.length + 1)).catch(() => null);
    if (file === null) return events;
    const before = events.length;
    try {
      for (const line of linesOf(await openBox(new Uint8Array(file), key, "firsthand-pack"))) {
        const event = readPackedEvent(line);
        const follows = event.sequence === events.length + 1 && event.previous === (events.at(-1)?.link ?? NOTHING_BEFORE);
        if (!follows) throw new Refusal("casebook-damaged", "pack");
        events.push(event);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      events.length = before;
      return events;
    }
    if (events.length === before) return events;
  }
}

function* linesOf(bytes: Bytes): Generator<Bytes, void, undefined> {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(LINE_END, start);
    if (end < 0) throw new Refusal("casebook-damaged", "pack");
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/** Writes the pack that begins with event `first`. `signed`: the signed events as their files have them. @throws {Fault} if the disk did not take it. */
export async function writePack(folder: string, key: Bytes, first: number, signed: readonly Bytes[]): Promise<void> {
  const end = utf8("\n");
  await mkdir(join(folder, "packs"), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Fault("making a folder of the casebook", cause);
  });
  await writeDurably(packPath(folder, first), [await closeBox(concat(...signed.flatMap((one) => [one, end])), key, "firsthand-pack")]);
}

/** Removes every pack: they were not of this casebook's events. @throws {Fault}. */
export async function removePacks(folder: string): Promise<void> {
  await rm(join(folder, "packs"), { recursive: true, force: true }).catch((cause: unknown) => {
    throw new Fault("removing packs", cause);
  });
}

/** Whether there are packs at all. */
export async function hasPacks(folder: string): Promise<boolean> {
  return (await readdir(join(folder, "packs")).catch(() => [])).length > 0;
}
