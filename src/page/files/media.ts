/** Which reader fits a picture, film or recording: by its first octets, never by its name. */
import type { Findings } from "./findings.ts";
import { readIsobmff } from "./isobmff.ts";
import { readJpeg } from "./jpeg.ts";
import { isFrame, readMp3 } from "./mp3.ts";
import { isPng, readPng } from "./png.ts";
import { readRiff } from "./riff.ts";
import { has, Slices } from "./slices.ts";
import { readTiff } from "./tiff.ts";

/**
 * Notes what a file holds and returns a copy without it, `null` if this kind of file cannot be cleaned. The copy may still hold something: whoever wants
 * to know reads it again.
 */
export type Reader = (file: Blob, found: Findings) => Promise<Blob | null>;

/** First boxes of a film of ISO or QuickTime. */
const FIRST_BOXES = ["ftyp", "moov", "mdat", "wide", "free", "skip", "styp"];

/** The reader for a file, `null` if there is none. */
export async function mediaReader(file: Blob): Promise<Reader | null> {
  const head = await new Slices(file).upTo(0, 12);
  if (head.length < 12) return null;
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return readJpeg;
  if (isPng(head)) return readPng;
  if (has(head, 0, "RIFF") && (has(head, 8, "WEBP") || has(head, 8, "WAVE"))) return readRiff;
  if (FIRST_BOXES.some((type) => has(head, 4, type))) return readIsobmff;
  if (has(head, 0, "II*\0") || has(head, 0, "MM\0*")) {
    return async (tiff, found) => {
      await readTiff(tiff, found, "file");
      return null;
    };
  }
  return has(head, 0, "ID3") || isFrame(head) ? readMp3 : null;
}
