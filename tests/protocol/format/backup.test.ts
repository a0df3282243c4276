/** A backup's list of files: what is written is read again, and nothing else is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackupManifest, formatBackup, parseBackup } from "../../../src/protocol/format/backup.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { Refusal } from "../../../src/protocol/errors.ts";

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const path = fc.integer({ min: 1, max: 99_999_999 }).map((number) => `tables/leaf/${String(number).padStart(8, "0")}`);
const files = fc.uniqueArray(fc.record({ path, sha256, size: fc.integer({ min: 0, max: 8 ** 11 - 1 }) }), {
  selector: (file) => file.path,
  maxLength: 8,
});
const manifests: fc.Arbitrary<BackupManifest> = fc.record({
  origin: fc.constantFrom("tips.test/log", "žluť.example/a"),
  date: fc.integer({ min: 0, max: 40_000 }).map(formatDate),
  size: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  schema: fc.integer({ min: 1, max: 9999 }),
  files,
});

const TEXT = formatBackup({
  origin: "tips.test/log",
  date: "2026-11-24",
  size: 65,
  schema: 8,
  files: [{ path: "files/checkpoint.last", size: 120, sha256: "0a".repeat(32) }],
});

describe("a backup's list", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        expect(parseBackup(formatBackup(manifest))).toEqual(manifest);
      }),
    );
  });

  it("has one form: whatever is read would have been written", () => {
    const mutated = fc
      .tuple(fc.nat(TEXT.length), fc.nat(3), fc.string({ maxLength: 3 }))
      .map(([at, cut, put]) => TEXT.slice(0, at) + put + TEXT.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string()), (text) => {
        try {
          expect(formatBackup(parseBackup(text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          expect((error as Refusal).code).toBe("bad-backup");
        }
      }),
    );
  });

  it.each([
    ["another kind of note", TEXT.replace("/backup/", "/inventory/")],
    ["a day that is none", TEXT.replace("2026-11-24", "2026-02-30")],
    ["a number with a zero before it", TEXT.replace("size 65", "size 065")],
    ["no schema", TEXT.replace("schema 8", "schema 0")],
    ["a file twice", TEXT + TEXT.slice(TEXT.indexOf("file "))],
    ["a way out of the archive", TEXT.replace("files/checkpoint.last", "files/../checkpoint.last")],
    ["an absolute path", TEXT.replace("files/checkpoint.last", "/files")],
    ["no end", TEXT.trimEnd()],
  ])("refuses %s", (_, text) => {
    expect(() => parseBackup(text)).toThrow(expect.objectContaining({ code: "bad-backup" }) as Error);
  });
});
