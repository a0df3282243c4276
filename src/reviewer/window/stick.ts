/**
 * What comes and goes by stick, at the window: bundles in, outboxes out. An outbox is listed first; what is signed is exactly that listing. It is written into a folder that a person
 * names, or shown as codes for a camera (crypto/code-series.ts of protocol) where no stick may come back. The last one can be had again, the same to the byte.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { encodeQR } from "qr";
import { collect } from "../../protocol/bytes.ts";
import { formatCodes } from "../../protocol/crypto/code-series.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { fromBase64, toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatJson } from "../../protocol/format/json.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeNewFile } from "../casebook/durable-file.ts";
import { batchesToAcknowledge, destructionsLeaving, outboxBytes, recordOutbox, repliesLeaving } from "../casebook/outbox.ts";
import type { OpenCasebook } from "../casebook/destroy.ts";
import type { ActingPerson } from "../casebook/people.ts";
import type { CodesAnswer, OutboxAnswer } from "./wire.ts";

/** Longest outbox that is held in memory for codes, bytes. */
const LONGEST_FOR_CODES = 4_194_304;

/** Where Linux puts sticks: folders of these folders. */
const MOUNTS = ["/media", "/run/media"];

/** What leaves with the next outbox, and the last one that was signed. */
export async function outboxListing(casebook: Casebook): Promise<OutboxAnswer> {
  const listing = listingOf(casebook);
  const last = casebook.acts("outbox").at(-1)?.bundle ?? null;
  return { ...listing, digest: digestOf(listing), last, places: await sticks() };
}

type Listing = Pick<OutboxAnswer, "batches" | "replies" | "destroyed">;

function listingOf(casebook: Casebook): Listing {
  return {
    batches: batchesToAcknowledge(casebook).map(({ batch, date, size, root }) => ({ batch, date, size, root })),
    replies: repliesLeaving(casebook, null).map(({ tip, date, mailbox, sealed }) => ({
      tip,
      date,
      mailbox,
      bytes: fromBase64(sealed).length,
    })),
    destroyed: destructionsLeaving(casebook, null),
  };
}

function digestOf({ batches, replies, destroyed }: Listing): string {
  const copies = <T extends object>(list: readonly T[]): T[] => list.map((one) => ({ ...one }));
  return toHex(sha256(formatJson({ batches: copies(batches), destroyed: copies(destroyed), replies: copies(replies) })));
}

/** Signs the outbox of the listing that somebody has seen. @throws {Refusal} `wrong-state` if it is another by now; `nothing-to-do`. */
export async function signOutbox({ casebook, vault }: OpenCasebook, person: ActingPerson, seen: string, now: Date): Promise<number> {
  if (digestOf(listingOf(casebook)) !== seen) throw new Refusal("wrong-state", "the listing is another by now; look again");
  return (await recordOutbox(casebook, vault.review, person, now)).bundle;
}

/** Writes the last outbox into a folder; the file's name. @throws {Refusal} `nothing-to-do`, `no-secure-place` if there is no such folder, `already-there`. */
export async function writeOutbox(open: OpenCasebook, folder: string): Promise<string> {
  const { bundle, bytes } = await lastOutbox(open);
  const name = `firsthand-outbox-${String(bundle).padStart(8, "0")}`;
  await writeToFolder(folder, name, bytes);
  return name;
}

/** A new file in a folder that somebody named. @throws {Refusal} `no-secure-place` if there is no such folder, `already-there`. */
export async function writeToFolder(folder: string, name: string, bytes: Parameters<typeof writeNewFile>[1]): Promise<void> {
  if (!folder.startsWith("/") || (await stat(folder).catch(() => null))?.isDirectory() !== true) throw new Refusal("no-secure-place");
  await writeNewFile(join(folder, name), bytes);
}

/** The last outbox as codes. @throws {Refusal} `nothing-to-do`, `too-large`. */
export async function outboxCodes(open: OpenCasebook): Promise<CodesAnswer> {
  const { bundle, bytes } = await lastOutbox(open);
  const packed = deflateRawSync(await collect(bytes, LONGEST_FOR_CODES), { level: 9 });
  const codes = formatCodes(packed).map((text) =>
    encodeQR(text, "raw", { ecc: "medium", encoding: "alphanumeric", border: 4 }).map((row) =>
      row.map((dark) => (dark ? "1" : "0")).join(""),
    ),
  );
  return { bundle, codes };
}

async function lastOutbox({ casebook, vault }: OpenCasebook) {
  const act = casebook.acts("outbox").at(-1);
  if (act === undefined) throw new Refusal("nothing-to-do", "there is no outbox yet");
  return { bundle: act.bundle, bytes: (await outboxBytes(casebook, vault.review, act)).bytes };
}

/** Folders in which sticks are: `/media/<somebody>/<stick>` or `/media/<stick>`. */
export async function sticks(): Promise<string[]> {
  const found: string[] = [];
  for (const mount of MOUNTS) {
    for (const first of await foldersIn(mount)) {
      const inside = await foldersIn(first);
      found.push(...(inside.length > 0 ? inside : [first]));
    }
  }
  return found.slice(0, 20);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
