/**
 * The renderer's process: one file comes in, one page's pixels or the file's text go out, and it ends. It has no rights: Node's permission model lets it read its own code and
 * nothing else, its environment is empty, its memory and time are limited from outside (renderer.ts). The file is read by MuPDF inside WebAssembly, whose code can touch only
 * its own memory. Words of the command line are ours: what is wanted ("page" or "text"), the media type, the number of the page from 0, the longest side.
 */
import { HEADER_LENGTH, LONGEST_TEXT, STATUS } from "./renderer-frame.ts";

/** Pages that are looked through for text. */
const MOST_TEXT_PAGES = 200;
/** MuPDF measures in points of 1/72 inch, pictures without a stated size have 96 pixels to the inch. */
const PIXELS_PER_POINT = 96 / 72;

/** MuPDF tells of what is odd in a file. Only answers go out of here. */
const silent = (): void => undefined;
Object.assign(globalThis.console, { log: silent, info: silent, warn: silent, error: silent, debug: silent });

const [wanted = "", type = "", page = "", longest = ""] = process.argv.slice(2);

async function read(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function answer(): Promise<Uint8Array[]> {
  const mupdf = await import("mupdf");
  const file = mupdf.Document.openDocument(await read(), type);
  const pages = file.countPages();
  if (wanted === "text") {
    let text = "";
    for (let index = 0; index < Math.min(pages, MOST_TEXT_PAGES) && text.length < LONGEST_TEXT; index++) {
      text += `${file.loadPage(index).toStructuredText("").asText()}\n`;
    }
    return [Uint8Array.of(STATUS.done), Buffer.from(text).subarray(0, LONGEST_TEXT)];
  }
  const loaded = file.loadPage(Math.min(Number(page), pages - 1));
  const [left, top, right, bottom] = loaded.getBounds();
  const side = Math.max(right - left, bottom - top);
  const isPicture = type.startsWith("image/");
  // A picture is not made larger than it is.
  const scale = Math.min(Number(longest) / side, isPicture ? PIXELS_PER_POINT : Infinity);
  const drawn = loaded.toPixmap(mupdf.Matrix.scale(scale, scale), mupdf.ColorSpace.DeviceRGB, false, true);
  const header = Buffer.alloc(HEADER_LENGTH);
  const [width, height, stride] = [drawn.getWidth(), drawn.getHeight(), drawn.getStride()];
  header.writeUInt8(STATUS.done, 0);
  header.writeUInt32BE(pages, 1);
  header.writeUInt32BE(width, 5);
  header.writeUInt32BE(height, 9);
  const { buffer, byteOffset, byteLength } = drawn.getPixels();
  const pixels = new Uint8Array(buffer, byteOffset, byteLength);
  const lines = Array.from({ length: height }, (_, line) => pixels.subarray(line * stride, line * stride + 3 * width));
  return [header, ...lines];
}

/** What failed for want of memory. */
function isCostly(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && /malloc|memory|too large|overflow/i.test(error.message));
}

let parts: Uint8Array[];
try {
  parts = await answer();
} catch (error) {
  parts = [Uint8Array.of(isCostly(error) ? STATUS.costly : STATUS.cannot)];
}
process.stdout.write(Buffer.concat(parts));
