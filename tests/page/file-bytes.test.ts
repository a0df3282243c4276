import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesOf, FileUnreadable } from "../../src/page/file-bytes.ts";
import { concat } from "../../src/protocol/bytes.ts";
import { patternOf } from "../support/bytes.ts";

const SLICE = 4_194_304;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-file-bytes-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("reading a file", () => {
  it.each([0, 1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE + 5])("gives its %i bytes", async (size) => {
    const bytes = patternOf(size, 7);
    const path = join(folder, "file");
    await writeFile(path, bytes);
    for (const blob of [new Blob([bytes]), await openAsBlob(path)]) {
      const pieces = await Array.fromAsync(bytesOf(blob));
      expect(pieces.every((piece) => piece.length > 0 && piece.length <= SLICE)).toBe(true);
      expect(Buffer.compare(concat(...pieces), bytes)).toBe(0);
    }
  });

  it("says by one error that the file was changed meanwhile", async () => {
    const path = join(folder, "file");
    await writeFile(path, patternOf(SLICE + 1, 3));
    const reading = bytesOf(await openAsBlob(path));
    await reading.next();
    await writeFile(path, "another");
    await expect(reading.next()).rejects.toBeInstanceOf(FileUnreadable);
  });
});
