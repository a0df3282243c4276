/**
 * Looks into a file: what would it give away, and can that be taken out?
 *
 * Copies are made by taking parts out of the file, not by drawing a picture anew: Tor Browser answers a page that reads a canvas with noise, so a picture that was
 * drawn anew would arrive as noise. It is our own code because libraries that rewrite a PDF are each larger than the whole page, and stream nothing.
 *
 * A cleaned copy is trusted no more than the original: it is looked into as well, by the same code, and what is still in it is said. A copy that can no
 * longer be read, or that holds as much as before, is not offered.
 */
import { type Finding, Findings, type Trait } from "./findings.ts";
import { mediaReader, type Reader } from "./media.ts";
import { isOffice, readOffice } from "./office.ts";
import { readPdf } from "./pdf.ts";
import { has, latin1, Slices, Unreadable, type UnreadableReason } from "./slices.ts";

/** What was seen. */
export interface Examined {
  /** `looked`: the findings are all that this code knows to look for. `unknown`: a kind of file that it does not know. */
  readonly seen: "looked" | "unknown" | UnreadableReason;
  /** Whether parts of the file were left out. */
  readonly partly: boolean;
  readonly found: readonly Finding[];
  /** A copy that holds less, and what it still holds; `null` if there is none. */
  readonly cleaned: { readonly file: Blob; readonly left: readonly Trait[] } | null;
}

/** Looks into a file. Total: whatever the bytes, it returns. @throws {DOMException} if the device does not give the file. */
export async function examine(file: Blob): Promise<Examined> {
  const first = await look(file);
  if (first.copy === null || first.seen !== "looked" || first.found.length === 0) return { ...first, cleaned: null };
  const second = await look(first.copy);
  const left = second.found.map(({ trait }) => trait);
  const worth = second.seen === "looked" && left.length < first.found.length;
  return { ...first, cleaned: worth ? { file: first.copy, left } : null };
}

async function look(file: Blob): Promise<Omit<Examined, "cleaned"> & { copy: Blob | null }> {
  const found = new Findings();
  try {
    const reader = await readerFor(file);
    if (reader === null) return { seen: "unknown", partly: false, found: [], copy: null };
    const copy = await reader(file, found);
    return { seen: "looked", partly: found.partly, found: found.list(), copy };
  } catch (error) {
    if (error instanceof Unreadable) return { seen: error.reason, partly: false, found: found.list(), copy: null };
    throw error;
  }
}

async function readerFor(file: Blob): Promise<Reader | null> {
  const head = await new Slices(file).upTo(0, 1_024);
  if (has(head, 0, "PK\x03\x04")) return (await isOffice(file)) ? readOffice : null;
  // Readers of PDF look for its mark in the first 1,024 octets.
  return latin1(head).includes("%PDF-") ? readPdf : mediaReader(file);
}
