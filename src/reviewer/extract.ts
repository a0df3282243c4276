/**
 * Attachments out of the sealed tip into a folder, for other programs to look at. Everything a tip says about its files is hostile: on disk a file is called by its number,
 * with an ending only if the claimed one is on a short list of kinds that are looked at and not run. The claimed names stand in `manifest.json`, unseen characters escaped.
 *
 *     0001.jpg 0002 …     mode 0600, as attached, checked against the digest the witness signed
 *     tip.json tip.sig    what the witness signed, and the signature
 *     manifest.json       which number has which claimed name and type, sizes, SHA-256
 *
 * The folder appears whole or not at all; one that is there is never written into.
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "../protocol/bytes.ts";
import { openTip } from "../protocol/crypto/tip.ts";
import { toHex, utf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import type { Casebook } from "./casebook/casebook.ts";
import { writeDurably } from "./casebook/durable-file.ts";
import { readRecord, sealedItem, type ShelvedTip } from "./casebook/shelf.ts";
import { visibleJson } from "./hostile-text.ts";
import { makeFolder } from "./new-folder.ts";
import type { Progress } from "./progress.ts";

/** Endings a file may keep. What can be run, or opens a program that runs what it opens, is not among them. */
const ENDINGS = "avi csv docx flac gif heic jpeg jpg m4a mkv mov mp3 mp4 odt ods ogg opus pdf png pptx tif tiff txt wav webm webp xlsx";
const SAFE_ENDINGS: ReadonlySet<string> = new Set(ENDINGS.split(" "));

/** A file that was written. */
export interface ExtractedFile {
  /** Its name on disk. */
  readonly file: string;
  /** Name and type as the tip claims them: hostile text. */
  readonly name: string;
  readonly type: string;
  readonly form: "original" | "cleaned";
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Name on disk of attachment `index`, counted from 0. */
function safeName(index: number, claimed: string): string {
  return `${String(index + 1).padStart(4, "0")}${endingOf(claimed)}`;
}

/** The ending with its dot that a file of this claimed name may keep; empty if none. */
export function endingOf(claimed: string): string {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(claimed)?.[1]?.toLowerCase();
  return ending !== undefined && SAFE_ENDINGS.has(ending) ? `.${ending}` : "";
}

/**
 * Writes a tip's attachments into `folder`, which must not exist or be empty.
 * @throws {Refusal} `already-there`, `casebook-damaged`, or what is wrong with the sealed file. @throws {Fault} if the disk did not take it.
 */
export async function extractTip(casebook: Casebook, shelved: ShelvedTip, folder: string, progress: Progress): Promise<ExtractedFile[]> {
  const record = await readRecord(casebook, shelved);
  const { bundle, entry } = shelved;
  const total = record.tip.attachments.reduce((sum, { size }) => sum + size, 0);
  return makeFolder(folder, async (work) => {
    const files: ExtractedFile[] = [];
    let before = 0;
    const sealed = sealedItem(casebook, bundle, entry.batch, entry.position);
    const opened = await openTip(sealed, () => Promise.resolve(record.sessionKey), {
      attachment: async (index, { name, type, form, size }, body) => {
        const file = safeName(index, name);
        await writeNew(join(work, file), body, (written) => {
          progress("extracted bytes", before + written, total);
        });
        before += size;
        files.push({ file, name, type, form, size, sha256: record.hashes[index] ?? "" });
      },
    });
    if (toHex(opened.digest) !== entry.digest) throw new Refusal("digest-mismatch");
    await writeDurably(join(work, "tip.json"), [record.tipJson]);
    await writeDurably(join(work, "tip.sig"), [record.signature]);
    const manifest = { tip: entry.id, thread: entry.thread, commitment: entry.commitment, digest: entry.digest, files };
    await writeDurably(join(work, "manifest.json"), [utf8(visibleJson(manifest))]);
    return files;
  });
}

async function writeNew(path: string, body: Source, written: (bytes: number) => void): Promise<void> {
  const file = await open(path, "wx", 0o600);
  let bytes = 0;
  try {
    for await (const piece of body) {
      await file.writeFile(piece);
      bytes += piece.length;
      written(bytes);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
