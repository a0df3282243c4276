import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import tar from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { readTar, type TarFile, tarHeader, tarLength, writeTar } from "../../../src/protocol/format/tar.ts";
import { patternOf, streamOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

const run = promisify(execFile);

function fileOf(path: string, bytes: Bytes): TarFile {
  return { path, size: bytes.length, open: () => streamOf(bytes, 1000) };
}

const FILES = [
  fileOf("tip.json", utf8('{"a":1}')),
  fileOf("files/0001", new Uint8Array(0)),
  fileOf("files/0002", patternOf(1024)),
  fileOf("x/y-z_1.p/5", patternOf(513)),
];

function write(files: readonly TarFile[], total?: number): Promise<Bytes> {
  return collect(writeTar(files, total), 10_000_000);
}

async function read(archive: Uint8Array, total?: number, pieces = 700): Promise<{ path: string; bytes: Bytes }[]> {
  const found: { path: string; bytes: Bytes }[] = [];
  for await (const { path, size, body } of readTar(streamOf(archive, pieces), total)) {
    const bytes = await collect(body, size);
    found.push({ path, bytes });
  }
  return found;
}

/** Header of a one-file archive, changed and given a right checksum again. */
async function withHeader(change: (header: Bytes) => void): Promise<Bytes> {
  const archive = await write([fileOf("a", utf8("hello"))]);
  const header = archive.subarray(0, 512);
  change(header);
  header.set(utf8("        "), 148);
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.set(utf8(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return archive;
}

describe("archives", () => {
  it("come back as they were written, in pieces of any length", async () => {
    const archive = await write(FILES);
    expect(archive.length).toBe(tarLength(FILES.map(({ size }) => size)));
    const expected = await Promise.all(FILES.map(async ({ path, open }) => ({ path, bytes: await collect(open(), 10_000) })));
    for (const pieces of [1, 511, 512, 513, archive.length]) expect(await read(archive, undefined, pieces)).toEqual(expected);
  });

  it("are padded with zeros to a total", async () => {
    const archive = await write(FILES, 65_536);
    expect(archive.length).toBe(65_536);
    expect(await read(archive, 65_536)).toHaveLength(FILES.length);
    expect(await refusalOf(() => read(archive))).toBe("trailing-bytes");
    expect(await refusalOf(() => read(archive, 65_535))).toBe("trailing-bytes");
    expect(await refusalOf(() => read(archive, 65_537))).toBe("truncated");
  });

  it("go on at the right place when a body was not read, or not to its end", async () => {
    const paths: string[] = [];
    for await (const { path, body } of readTar(streamOf(await write(FILES), 100))) {
      paths.push(path);
      if (path === "files/0002") for await (const piece of body) if (piece.length > 0) break;
    }
    expect(paths).toEqual(FILES.map(({ path }) => path));
  });

  it("close their source when the reader stops", async () => {
    let closed = false;
    const archive = await write(FILES);
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* streamOf(archive, 512);
      } finally {
        closed = true;
      }
    }
    for await (const { path } of readTar(source())) if (path === "tip.json") break;
    expect(closed).toBe(true);
  });

  it("do not hide a fault of their source", async () => {
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* streamOf((await write(FILES)).subarray(0, 2000), 512);
      throw new Error("the stick was pulled out");
    }
    const all = async (): Promise<void> => {
      for await (const { body } of readTar(source())) await collect(body, 10_000);
    };
    await expect(all()).rejects.toThrow("the stick was pulled out");
  });

  it("are refused when a file grows or shrinks while it is read", async () => {
    expect(await refusalOf(() => write([{ path: "a", size: 4, open: () => streamOf(utf8("hello")) }]))).toBe("bad-archive");
    expect(await refusalOf(() => write([{ path: "a", size: 6, open: () => streamOf(utf8("hello")) }]))).toBe("bad-archive");
  });

  it("round-trip whatever is in them", async () => {
    const path = fc.stringMatching(/^[a-z0-9_-]{1,20}(\/[a-z0-9_.-]{1,9}[a-z])?$/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, fc.uint8Array({ maxLength: 1500 })), { maxLength: 4 }), async (entries) => {
        const files = entries.map(([name, bytes]) => fileOf(name, new Uint8Array(bytes)));
        const found = await read(await write(files));
        expect(found.map((entry) => [entry.path, [...entry.bytes]])).toEqual(entries.map(([name, bytes]) => [name, [...bytes]]));
      }),
      { numRuns: 50 },
    );
  });
});

describe("an archive that is read", () => {
  it("is one that would have been written, or is refused", async () => {
    const archive = await write(FILES.slice(0, 3));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = archive.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        const found: { path: string; bytes: Bytes }[] = [];
        const code = await refusalOf(async () => found.push(...(await read(changed))));
        if (code === null) expect(await write(found.map(({ path, bytes }) => fileOf(path, bytes)))).toEqual(changed);
        else expect(["bad-archive", "truncated", "trailing-bytes"]).toContain(code);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused when it is cut anywhere", async () => {
    const archive = await write(FILES.slice(0, 1));
    for (let length = 0; length < archive.length; length += 37)
      expect(await refusalOf(() => read(archive.subarray(0, length)))).toBe("truncated");
  });

  it("is refused when it is random bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 2048 }), async (bytes) => {
        expect(await refusalOf(() => read(bytes))).not.toBeNull();
      }),
    );
  });

  const put =
    (offset: number, text: string): ((header: Bytes) => void) =>
    (header) => {
      header.set(utf8(text), offset);
    };

  it.each([
    ["a symbolic link", put(156, "2")],
    ["a hard link", put(156, "1")],
    ["a directory", put(156, "5")],
    ["a device", put(156, "3")],
    ["a pax record", put(156, "x")],
    ["a GNU long name", put(156, "L")],
    ["a sparse file", put(156, "S")],
    ["an old-style file type", put(156, "\0")],
    ["a link name", put(157, "etc/passwd")],
    ["an owner", put(108, "0001750")],
    ["an owner's name", put(265, "root")],
    ["other permissions", put(100, "0000777")],
    ["a time", put(136, "14000000000")],
    ["a prefix", put(345, "etc")],
    ["GNU's magic", put(257, "ustar  \0")],
    ["something in the unused octets", put(511, "x")],
    ["a size with a space", put(124, "0000000005 \0")],
    ["a negative binary size", put(124, "\u0000")],
    ["an absolute path", put(0, "/a")],
    ["a path that climbs", put(0, "../a")],
    ["a path that climbs later", put(0, "a/../../b")],
    ["a dot segment", put(0, "./a")],
    ["an empty segment", put(0, "a//b")],
    ["a trailing slash", put(0, "a/")],
    ["an empty path", put(0, "\0")],
    ["bytes after the path's end", put(2, "x")],
    ["a capital letter", put(0, "A")],
    ["a backslash", put(0, "a\\b")],
    ["a drive letter", put(0, "c:a")],
    ["a control character", put(0, "a\u0007")],
  ])("is refused with %s", async (_what, change) => {
    expect(await refusalOf(async () => read(await withHeader(change)))).toBe("bad-archive");
  });

  it("is refused with one zero block, with something in the padding and with something after the end", async () => {
    const archive = await write([fileOf("a", utf8("hello"))]);
    expect(await refusalOf(() => read(archive.subarray(0, archive.length - 512)))).toBe("truncated");
    expect(await refusalOf(() => read(concat(archive, new Uint8Array(512))))).toBe("trailing-bytes");
    const padded = archive.slice();
    padded[512 + 5] = 1;
    expect(await refusalOf(() => read(padded))).toBe("bad-archive");
    const hidden = await write([fileOf("a", utf8("hello"))], 4096);
    hidden[4095] = 1;
    expect(await refusalOf(() => read(hidden, 4096))).toBe("bad-archive");
  });
});

describe("headers that cannot be written", () => {
  it.each(["", "/a", "a/", "..", "a/../b", "A", "ä", "a\0b", "a b", "x".repeat(101)])("are a bug: %j", (path) => {
    expect(() => tarHeader(path, 0)).toThrow("no header");
  });

  it("include sizes of 8 GiB and more", () => {
    expect(() => tarHeader("a", 8 ** 11)).toThrow("no header");
    expect(() => tarHeader("a", -1)).toThrow("no header");
    expect(tarHeader("a", 8 ** 11 - 1)).toHaveLength(512);
  });
});

describe("other programs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "firsthand-tar-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("unpack a padded archive: GNU tar", async () => {
    await writeFile(join(folder, "archive"), await write(FILES, 65_536));
    await run("tar", ["-xf", "archive", "--warning=no-timestamp"], { cwd: folder });
    for (const { path, open } of FILES) expect(new Uint8Array(await readFile(join(folder, path)))).toEqual(await collect(open(), 10_000));
    expect((await stat(join(folder, "tip.json"))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(["archive", "files", "tip.json", "x"]);
  });

  it("unpack an archive: tar-stream", async () => {
    const extract = tar.extract();
    extract.end(await write(FILES, 65_536));
    const found: { path: string; bytes: Bytes }[] = [];
    for await (const entry of extract)
      found.push({ path: entry.header.name, bytes: await collect(entry as AsyncIterable<Uint8Array>, 10_000) });
    expect(found).toEqual(await read(await write(FILES)));
  });

  it("write what is read here: GNU tar, told each field", async () => {
    const body = patternOf(1300);
    await writeFile(join(folder, "a-file"), body);
    const options = ["--format=ustar", "--mode=0600", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--blocking-factor=1"];
    await run("tar", [...options, "-cf", "archive", "a-file"], { cwd: folder });
    const archive = new Uint8Array(await readFile(join(folder, "archive")));
    // It writes zeros as text into the device fields, which are empty here; the checksum counts them.
    archive.fill(0, 329, 345);
    archive.set(tarHeader("a-file", body.length).subarray(148, 156), 148);
    expect(await read(archive)).toEqual([{ path: "a-file", bytes: body }]);
  });
});
