/**
 * An invented tip: no person, place or event in it is real. Three scripts, and four files that are awkward in four ways: empty, large, with a name that
 * tries to do harm, and a plain table.
 */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What the witness writes: Chinese, Uyghur (right to left) and Tibetan. */
export const NARRATIVE = [
  "这是一份演示材料，内容纯属虚构。二〇二四年三月，我在一家工厂当会计，看到工资表与银行流水对不上。",
  "بۇ پەقەت كۆرسەتمە ئۈچۈن يېزىلغان تېكىست. بۇ يەردىكى ھېچقانداق ئىش راست ئەمەس.",
  "འདི་ནི་དཔེ་མཚོན་ཙམ་ཡིན། འདིར་བྲིས་པའི་གནས་ཚུལ་གང་ཡང་དངོས་བདེན་མིན།",
].join("\n\n");

/** One file of the tip, as it lies on the witness's disk. */
export interface Exhibit {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** For the story. */
  readonly what: string;
}

const RECORDING_LENGTH = 60_000_000;

/** Turns its own letters round, climbs folders, closes quotes, is an option, holds a line break, a command and markup. `/` and NUL cannot be in a file's name. */
const HOSTILE_NAME = "-rf ..\\..\\$(reboot)'\"><img src=x onerror=alert(1)>\n\u202egpj.exe";

/** A WAV header and then noise: something nobody can compress. */
async function writeRecording(path: string): Promise<void> {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(RECORDING_LENGTH - 8, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(RECORDING_LENGTH - 44, 40);
  const file = await open(path, "wx");
  try {
    await file.write(header);
    for (let left = RECORDING_LENGTH - 44; left > 0; left -= 1_000_000) await file.write(randomBytes(Math.min(left, 1_000_000)));
  } finally {
    await file.close();
  }
}

/** SHA-256 of a file, read in pieces, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** Writes the four files into `folder`, which must be there. */
export async function writeExhibits(folder: string): Promise<Exhibit[]> {
  const table = "日期,姓名,应发,实发\n2024-03-01,示例甲,4200,1800\n2024-03-01,示例乙,4200,1750\n";
  const files: { name: string; what: string; size: number; write: (path: string) => Promise<void> }[] = [
    { name: "empty.txt", what: "a file of 0 bytes", size: 0, write: (path) => writeFile(path, "", { flag: "wx" }) },
    { name: "recording.wav", what: "a recording of 60 MB", size: RECORDING_LENGTH, write: writeRecording },
    { name: HOSTILE_NAME, what: "a file whose name tries to do harm", size: 5, write: (path) => writeFile(path, "hello", { flag: "wx" }) },
    {
      name: "工资表.csv",
      what: "a table",
      size: Buffer.byteLength(table),
      write: (path) => writeFile(path, table, { flag: "wx" }),
    },
  ];
  const exhibits: Exhibit[] = [];
  for (const { name, what, size, write } of files) {
    const path = join(folder, name);
    await write(path);
    exhibits.push({ path, name, size, sha256: await sha256OfFile(path), what });
  }
  return exhibits;
}
