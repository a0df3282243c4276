/**
 * Office documents: Office Open XML (ECMA-376: docx, xlsx, pptx) and OpenDocument (ISO/IEC 26300: odt, ods, odp), which are XML in ZIP.
 *
 * A cleaned copy loses the parts that are about the document and not in it (properties, previews, settings of printers, lists of people, signatures, earlier
 * versions), names and times beside remarks and recorded changes, the numbers that tell which copy was edited when, and paths of files on somebody's
 * device; pictures inside are cleaned like pictures. Remarks and deleted text themselves are part of what the document says, and stay; the copy's own findings say
 * so. Everything else is the original's bytes, as they were packed.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { Findings } from "./findings.ts";
import { Allowance, type Deflated, deflated, inflated } from "./inflate.ts";
import { mediaReader } from "./media.ts";
import { OOXML, OPEN_DOCUMENT, type Rules } from "./office-rules.ts";
import { Unreadable } from "./slices.ts";
import { edited } from "./xml.ts";
import { formatZip, readZip, type ZipEntry } from "./zip.ts";

/** Bytes of everything that is unpacked of one document. */
const MOST_UNPACKED = 268_435_456;
/** Largest picture in a document that is cleaned. */
const LARGEST_PICTURE = 33_554_432;

/** Notes what the document holds; returns a cleaned copy. @throws {Unreadable} if it is no document of these kinds, or broken, or locked. */
export async function readOffice(file: Blob, found: Findings): Promise<Blob> {
  const entries = await readZip(file);
  const rules = rulesFor(entries);
  const allowance = new Allowance(MOST_UNPACKED);
  const dropped = new Set(entries.map(({ name }) => name).filter((name) => rules.isDropped(name)));
  const kept: ZipEntry[] = [];
  for (const entry of entries) {
    rules.notePart(entry.name, found);
    if (rules.isXml(entry.name)) {
      const changed = await deflated(encoded(edited(decoded(unpacked(entry, allowance)), rules.editor(entry.name, dropped, found))));
      if (!dropped.has(entry.name)) kept.push(repacked(entry, changed));
    } else if (!dropped.has(entry.name)) kept.push(await withoutTraces(entry, found, allowance));
  }
  return formatZip(kept, file.type);
}

/** Whether an archive is a document of these kinds. */
export async function isOffice(file: Blob): Promise<boolean> {
  const names = (await readZip(file)).map(({ name }) => name);
  return names.includes("[Content_Types].xml") || (names.includes("META-INF/manifest.xml") && names.includes("content.xml"));
}

function rulesFor(entries: readonly ZipEntry[]): Rules {
  return entries.some(({ name }) => name === "[Content_Types].xml") ? OOXML : OPEN_DOCUMENT;
}

async function* unpacked({ packed, method, crc, size }: ZipEntry, allowance: Allowance): AsyncGenerator<Bytes, void, undefined> {
  if (method === "deflated") {
    yield* inflated(packed, crc, size, allowance);
    return;
  }
  if (packed.size !== size) throw new Unreadable("damaged");
  allowance.spend(size);
  for (let at = 0; at < size; at += 65_536) yield new Uint8Array(await packed.slice(at, at + 65_536).arrayBuffer());
}

/** UTF-8; what is coded otherwise is not valid UTF-8, or no XML when it is read as such. */
async function* decoded(pieces: AsyncIterable<Bytes>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new Unreadable("damaged");
    throw error;
  }
}

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Bytes, void, undefined> {
  const encoder = new TextEncoder();
  for await (const chunk of chunks) if (chunk !== "") yield encoder.encode(chunk);
}

function repacked({ name }: ZipEntry, { data, crc, size }: Deflated): ZipEntry {
  return { name, packed: data, method: "deflated", crc, size };
}

/** An entry that is no XML. Pictures, films and recordings are cleaned if that is possible; what could not be is in the findings of the copy. */
async function withoutTraces(entry: ZipEntry, found: Findings, allowance: Allowance): Promise<ZipEntry> {
  if (entry.size > LARGEST_PICTURE || !/\.(?:jpe?g|png|webp|tiff?|mp4|m4a|mov|mp3|wav|heic)$/i.test(entry.name)) return entry;
  const pieces: Bytes[] = [];
  for await (const piece of unpacked(entry, allowance)) pieces.push(piece);
  const content = new Blob(pieces);
  const own = new Findings();
  try {
    const reader = await mediaReader(content);
    const clean = reader === null ? null : await reader(content, own);
    found.include(own);
    return own.list().length === 0 || clean === null ? entry : repacked(entry, await deflated(stream(clean)));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    found.include(own);
    found.note("hidden");
    return entry;
  }
}

async function* stream(file: Blob): AsyncGenerator<Bytes, void, undefined> {
  for (let at = 0; at < file.size; at += 1_048_576) yield new Uint8Array(await file.slice(at, at + 1_048_576).arrayBuffer());
}
