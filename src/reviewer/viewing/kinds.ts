/**
 * What an attached file is by its first bytes, whatever its name and type claim. Every byte is hostile: a kind decides only by which of our few ways the file is looked at,
 * and each of those ways stands whatever a file does that lies about itself. A file that is two things at once (a GIF that is a script too) is the first of them, and only that.
 *
 * What is a drawing made of markup or a page (SVG, HTML) is text here and never anything else.
 */

import type { FileView } from "./views.ts";

/** What a file seems to be. */
export interface FileKind {
  readonly view: FileView;
  /** In plain words. */
  readonly seems: string;
  /** Media type of our choice: for the renderer, or for the player. Empty for text and for what is not shown. */
  readonly type: string;
  /** Beginnings of claimed media types that fit. */
  readonly claims: readonly string[];
}

/** First bytes that are enough to tell. */
const HEAD = 4096;

type Signature = readonly [at: number, bytes: string, kind: FileKind];

function kind(view: FileView, seems: string, type: string, ...claims: string[]): FileKind {
  return { view, seems, type, claims: type === "" ? claims : [type, ...claims] };
}

const TIFF = kind("picture", "TIFF picture", "image/tiff");
const JPX = kind("picture", "JPEG 2000 picture", "image/jp2", "image/jpx", "image/x-jp2");
const OLD_OFFICE = kind(
  "none",
  "old Microsoft Office file",
  "",
  "application/msword",
  "application/vnd.ms-excel",
  "application/vnd.ms-powerpoint",
);
const ARCHIVE = ["application/x-", "application/gzip", "application/vnd.rar", "application/zip"];
const PROGRAM = ["application/octet-stream", "application/x-"];

/** Latin-1 characters stand for bytes. */
const SIGNATURES: readonly Signature[] = [
  [0, "\xff\xd8\xff", kind("picture", "JPEG picture", "image/jpeg", "image/jpg", "image/pjpeg")],
  [0, "\x89PNG\r\n\x1a\n", kind("picture", "PNG picture", "image/png")],
  [0, "GIF87a", kind("picture", "GIF picture, its first frame", "image/gif")],
  [0, "GIF89a", kind("picture", "GIF picture, its first frame", "image/gif")],
  [0, "II*\0", TIFF],
  [0, "MM\0*", TIFF],
  [0, "\0\0\0\x0cjP  \r\n\x87\n", JPX],
  [0, "\xff\x4f\xff\x51", JPX],
  [0, "%PDF-", kind("document", "PDF document", "application/pdf")],
  [0, "\x1a\x45\xdf\xa3", kind("film", "WebM or Matroska film", "video/webm", "video/x-matroska", "audio/webm")],
  [0, "fLaC", kind("sound", "FLAC sound", "audio/flac", "audio/x-flac")],
  [0, "ID3", kind("sound", "MP3 sound", "audio/mpeg", "audio/mp3")],
  [0, "\xff\xfb", kind("sound", "MP3 sound", "audio/mpeg", "audio/mp3")],
  [0, "\xff\xf3", kind("sound", "MP3 sound", "audio/mpeg", "audio/mp3")],
  [0, "#!AMR", kind("none", "AMR sound", "", "audio/amr", "audio/3gpp")],
  [0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE],
  [0, "\x7fELF", kind("none", "program for Linux", "", ...PROGRAM)],
  [0, "MZ", kind("none", "program for Windows", "", ...PROGRAM)],
  [0, "7z\xbc\xaf\x27\x1c", kind("none", "7-Zip archive", "", ...ARCHIVE)],
  [0, "Rar!\x1a\x07", kind("none", "RAR archive", "", ...ARCHIVE)],
  [0, "\x1f\x8b", kind("none", "gzip archive", "", ...ARCHIVE)],
  [0, "SQLite format 3\0", kind("none", "SQLite database", "", "application/")],
];

const RIFF: Readonly<Record<string, FileKind>> = {
  WAVE: kind("sound", "WAV sound", "audio/wav", "audio/x-wav", "audio/vnd.wave"),
  WEBP: kind("none", "WebP picture", "", "image/webp"),
  "AVI ": kind("none", "AVI film", "", "video/"),
};

/** The major brand of an ISO media file. */
const BRANDS: readonly (readonly [RegExp, FileKind])[] = [
  [/^(?:heic|heix|hevc|heim|heis|mif1|msf1)$/, kind("none", "HEIC picture", "", "image/heic", "image/heif")],
  [/^(?:avif|avis)$/, kind("none", "AVIF picture", "", "image/avif")],
  [/^M4[AB] $/, kind("sound", "MPEG-4 sound", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac")],
  [/^/, kind("film", "MPEG-4 or QuickTime film", "video/mp4", "video/quicktime", "video/3gpp", "audio/mp4", "video/x-m4v")],
];

/** A file of an archive's, by whose name an office document is known. */
const OFFICE: readonly (readonly [string, FileKind])[] = [
  ["word/document.xml", kind("document", "Word document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")],
  ["xl/workbook.xml", kind("document", "Excel table", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")],
  [
    "ppt/presentation.xml",
    kind("document", "PowerPoint slides", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
  ],
  ["application/vnd.oasis.opendocument.text", kind("document", "OpenDocument text", "application/vnd.oasis.opendocument.text")],
  ["application/vnd.oasis.opendocument", kind("none", "OpenDocument file", "", "application/vnd.oasis.opendocument")],
];

const ZIP = kind("none", "ZIP archive", "", "application/zip", "application/x-zip");
const DRAWING = kind("text", "SVG drawing, shown as its text", "", "image/svg", "text/");
const MARKUP = kind("text", "web page or markup, shown as its text", "", "text/", "application/xhtml", "application/xml");
const TEXT = kind("text", "text", "", "text/", "application/json", "application/rtf", "application/x-subrip", "message/");
const EMPTY = kind("none", "nothing: the file is empty", "", "");
const UNKNOWN = kind("none", "something this program does not know", "", "application/");

/** What `file` seems to be. Never throws. */
export function kindOf(file: Uint8Array): FileKind {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, HEAD)).toString("latin1");
  if (head === "") return EMPTY;
  const signed = SIGNATURES.find(([at, bytes]) => head.startsWith(bytes, at));
  if (signed !== undefined) return signed[2];
  if (head.startsWith("RIFF") && head.length >= 12) return RIFF[head.slice(8, 12)] ?? UNKNOWN;
  if (head.startsWith("ftyp", 4)) return BRANDS.find(([brand]) => brand.test(head.slice(8, 12)))?.[1] ?? UNKNOWN;
  if (head.startsWith("OggS")) return oggKind(head);
  if (head.startsWith("PK\x03\x04") || head.startsWith("PK\x05\x06")) return zipKind(file);
  if (isBitmap(head)) return kind("picture", "BMP picture", "image/bmp", "image/x-ms-bmp");
  return textKind(head);
}

/** Whether the type that a tip claims for a file is one that fits. */
export function claimFits({ claims }: FileKind, claimed: string): boolean {
  return claimed === "" || claims.some((start) => claimed.toLowerCase().startsWith(start));
}

function oggKind(head: string): FileKind {
  return head.includes("theora")
    ? kind("film", "Ogg film", "video/ogg", "application/ogg")
    : kind("sound", "Ogg sound", "audio/ogg", "application/ogg", "audio/opus");
}

/** Two letters are not much to go by; the size of the header that follows has few values. */
function isBitmap(head: string): boolean {
  return head.startsWith("BM") && head.startsWith("\0\0\0\0", 6) && [12, 40, 52, 56, 64, 108, 124].includes(head.charCodeAt(14));
}

/** Names of an archive's files stand in it as they are; nothing is unpacked to look. */
function zipKind(file: Uint8Array): FileKind {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  return OFFICE.find(([name]) => bytes.includes(name, 0, "latin1"))?.[1] ?? ZIP;
}

function textKind(head: string): FileKind {
  const isWide = head.startsWith("\xff\xfe") || head.startsWith("\xfe\xff");
  if (!isWide && /[\0-\x06\x0e-\x1a\x1c-\x1f]/.test(head)) return UNKNOWN;
  const start = head
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .toLowerCase();
  if (/^(?:<\?xml[^>]*>\s*|<!--[^]*?-->\s*|<!doctype[^>]*>\s*)*<svg[\s>]/.test(start)) return DRAWING;
  return start.startsWith("<") ? MARKUP : TEXT;
}
