/**
 * MP3 and bare AAC: frames of sound with labels before (ID3v2) and behind them (ID3v1, APEv2). A cleaned copy is the frames.
 */
import { Assembly } from "./assembly.ts";
import { fieldText, type Findings, type Trait } from "./findings.ts";
import { has, latin1, Slices, uint, Unreadable } from "./slices.ts";

const MOST_LABELS = 8;
/** Most bytes read of a label. */
const LONGEST_LABEL = 4_194_304;
const ID3V1_LENGTH = 128;
const APE_LENGTH = 32;

/** Frames of ID3v2, by the letters that versions 2 to 4 have in common with their own names. */
const FRAMES: Readonly<Record<string, Trait>> = {
  TPE1: "person",
  TP1: "person",
  TOWN: "person",
  TENC: "person",
  TCOP: "person",
  TIT2: "title",
  TT2: "title",
  COMM: "title",
  COM: "title",
  TSSE: "program",
  TSS: "program",
  TDRC: "date",
  TDEN: "date",
  TYER: "date",
  TYE: "date",
  TDAT: "date",
  APIC: "preview",
  PIC: "preview",
};

/** Whether four octets are the header of a frame of sound: of layer II or III or of AAC. (Layer I is gone, and would take text in UTF-16 for sound.) */
export function isFrame(head: Uint8Array): boolean {
  const [sync = 0, kind = 0, rate = 0] = head;
  return sync === 0xff && (kind & 0xe0) === 0xe0 && (kind & 0x18) !== 0x08 && (kind & 0x06) !== 0x06 && (rate & 0xf0) !== 0xf0;
}

/** Notes what the labels hold; returns the sound alone. @throws {Unreadable} if there is none. */
export async function readMp3(file: Blob, found: Findings): Promise<Blob> {
  const bytes = new Slices(file);
  let from = 0;
  let to = file.size;
  for (let labels = 0; has(await bytes.upTo(from, 3), 0, "ID3"); labels++) {
    if (labels >= MOST_LABELS) throw new Unreadable("damaged");
    from = await readId3(bytes, from, found);
  }
  // Padding that a label does not count.
  for (let padding = 0; padding < 4_096 && (await bytes.upTo(from, 1))[0] === 0; padding++) from++;
  if (!isFrame(await bytes.upTo(from, 4))) throw new Unreadable("damaged");
  if (to - from >= ID3V1_LENGTH && has(await bytes.bytes(to - ID3V1_LENGTH, ID3V1_LENGTH), 0, "TAG")) {
    const label = await bytes.bytes(to - ID3V1_LENGTH, ID3V1_LENGTH);
    found.noteText("title", fieldText(label.subarray(3, 33)));
    found.noteText("person", fieldText(label.subarray(33, 63)));
    found.noteText("date", fieldText(label.subarray(93, 97)));
    found.note("hidden");
    to -= ID3V1_LENGTH;
  }
  if (to - from >= APE_LENGTH && has(await bytes.bytes(to - APE_LENGTH, 8), 0, "APETAGEX")) {
    const footer = await bytes.bytes(to - APE_LENGTH, APE_LENGTH);
    const header = ((footer[23] ?? 0) & 0x80) === 0 ? 0 : APE_LENGTH;
    const length = uint(footer, 12, 4, "little") + header;
    if (length < APE_LENGTH || length > to - from) throw new Unreadable("damaged");
    found.note("hidden");
    to -= length;
  }
  const copy = new Assembly(file);
  copy.keep(from, to);
  return copy.toBlob();
}

/** Four octets of seven bits. */
function sevenBits(bytes: Uint8Array, at: number): number {
  return [0, 1, 2, 3].reduce((sum, index) => sum * 128 + ((bytes[at + index] ?? 0) & 0x7f), 0);
}

/** Notes one label; returns where it ends. */
async function readId3(bytes: Slices, at: number, found: Findings): Promise<number> {
  const head = await bytes.bytes(at, 10);
  const version = head[3] ?? 0;
  const end = at + 10 + sevenBits(head, 6) + (((head[5] ?? 0) & 0x10) === 0 ? 0 : 10);
  if (end > bytes.size) throw new Unreadable("damaged");
  const content = await bytes.upTo(at + 10, Math.min(end - at - 10, LONGEST_LABEL));
  found.note("hidden");
  const [idLength, headLength] = version === 2 ? [3, 6] : [4, 10];
  for (let from = 0; from + headLength <= content.length;) {
    const id = latin1(content.subarray(from, from + idLength));
    if (!/^[A-Z0-9]+$/.test(id)) break;
    const length = version === 2 ? uint(content, from + 3, 3) : version === 4 ? sevenBits(content, from + 4) : uint(content, from + 4, 4);
    const trait = FRAMES[id];
    if (trait !== undefined)
      found.note(trait, trait === "preview" ? "" : frameText(content.subarray(from + headLength, from + headLength + length)));
    from += headLength + length;
  }
  return end;
}

/** The first octet says how the text is coded: 0 one octet a character, 1 UTF-16 with a mark, 2 UTF-16 big endian, 3 UTF-8. */
function frameText(frame: Uint8Array): string {
  const text = frame.subarray(1, 401);
  if (frame[0] === 1) return new TextDecoder(text[0] === 0xfe ? "utf-16be" : "utf-16le").decode(text);
  return frame[0] === 2 ? new TextDecoder("utf-16be").decode(text) : fieldText(text);
}
