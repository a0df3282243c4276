/** Archives. Half of the inputs have their checksums put right first, so that what comes after them is reached. */
import { type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { readTar, type TarFile, writeTar } from "../../../src/protocol/format/tar.ts";
import { acceptedLater, holds, sameAgain, type Target } from "../engine/target.ts";
import { inPieces } from "../engine/pieces.ts";

const BLOCK = 512;
const LONGEST = 6 * BLOCK;

function file(path: string, bytes: Bytes): TarFile {
  return { path, size: bytes.length, open: () => inPieces(bytes, BLOCK) };
}

async function filesOf(archive: Bytes, step: number): Promise<TarFile[]> {
  const files: TarFile[] = [];
  for await (const { path, size, body } of readTar(inPieces(archive, step))) {
    const bytes = await collect(body, LONGEST);
    holds(bytes.length === size, "an entry gave another number of octets than it said");
    files.push(file(path, bytes));
  }
  return files;
}

/** Writes the checksum that a header of these octets has. */
function withChecksums(input: Bytes): Bytes {
  const archive = input.slice();
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((octet) => octet === 0)) break;
    header.fill(32, 148, 156);
    const sum = header.reduce((total, octet) => total + octet, 0);
    header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    const size = Number.parseInt(String.fromCharCode(...header.subarray(124, 135)), 8);
    at += BLOCK + (Number.isNaN(size) ? 0 : Math.ceil(size / BLOCK) * BLOCK);
  }
  return archive;
}

const seed = (...files: TarFile[]) => collect(writeTar(files), LONGEST + 1);

export const target: Target = {
  longest: LONGEST,
  seeds: async () =>
    Promise.all([
      seed(file("a", new Uint8Array(0)), file("files/0001", new Uint8Array(3).fill(7))),
      seed(file("batches/00000001/0000", new Uint8Array(BLOCK).fill(9))),
      seed(),
    ]),
  run: async (input) => {
    const archive = ((input[input.length >> 1] ?? 0) & 1) === 0 ? withChecksums(input) : input;
    const files = await acceptedLater(() => filesOf(archive, 1 + (input[0] ?? 0)));
    if (files !== undefined) sameAgain(archive, await collect(writeTar(files), LONGEST + BLOCK));
  },
};
