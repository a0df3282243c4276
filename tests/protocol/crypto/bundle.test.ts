import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asBytes, type Bytes, collect, type Source } from "../../../src/protocol/bytes.ts";
import { batchRoot, type BundleFile, type ExpectedBundle, readBundle, writeBundle } from "../../../src/protocol/crypto/bundle.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import type { NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { formatManifest, NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import { writeTar } from "../../../src/protocol/format/tar.ts";
import { signerOf } from "../../support/memory-log.ts";

const ORIGIN = "log.example/firsthand";
const FILES: readonly (readonly [string, Bytes])[] = [
  ["checkpoint", utf8("a checkpoint\n")],
  ["batches/00000001/0001", asBytes(new Uint8Array(70_000).fill(1))],
  ["batches/00000001/0002", asBytes(new Uint8Array(70_000).fill(2))],
  ["empty", new Uint8Array(0)],
];

function pieces(bytes: Bytes, size: number): Source {
  return (async function* () {
    await Promise.resolve();
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
}

function asFile([path, bytes]: readonly [string, Bytes]): BundleFile {
  return { path, size: bytes.length, sha256: sha256(bytes), open: () => pieces(bytes, 1000) };
}

async function bundle(signer: NoteSigner, sequence = 1, previous = NO_PREVIOUS): Promise<{ bytes: Bytes; manifestHash: string }> {
  const written = await writeBundle({ origin: ORIGIN, to: "review", sequence, previous, entries: FILES.map(asFile) }, signer);
  const bytes = await collect(written.bytes, 10_000_000);
  expect(bytes).toHaveLength(written.length);
  return { bytes, manifestHash: written.manifestHash };
}

async function expectation(changes: Partial<ExpectedBundle> = {}): Promise<ExpectedBundle> {
  const { vkey } = await signerOf(ORIGIN);
  return { origin: ORIGIN, to: "review", keys: [vkey], sequence: 1, previous: NO_PREVIOUS, ...changes };
}

/** Reads a bundle and keeps what it received. */
async function take(bytes: Bytes, expected: ExpectedBundle): Promise<{ files: [string, Bytes][]; manifestHash: string }> {
  const files: [string, Bytes][] = [];
  const { manifestHash } = await readBundle(pieces(bytes, 4096), expected, async (path, size, body) => {
    files.push([path, await collect(body, size)]);
  });
  return { files, manifestHash };
}

const refusal = (code: string): unknown => expect.objectContaining({ code });

/** An archive with a manifest over `listed` and then `present`, as someone with the signing key, or a carrier without it, could make. */
async function forge(listed: typeof FILES, present: typeof FILES): Promise<Bytes> {
  const signer = await signerOf(ORIGIN);
  const entries = listed.map(([path, bytes]) => ({ path, size: bytes.length, sha256: toHex(sha256(bytes)) }));
  const manifest = await signer.sign(formatManifest({ origin: ORIGIN, to: "review", sequence: 1, previous: NO_PREVIOUS, entries }));
  const files = [["manifest", manifest] as const, ...present].map(asFile);
  return collect(writeTar(files), 10_000_000);
}

test("the root of a batch is the hash of its commitments, of the largest batch as of any", () => {
  const commitments = Array.from({ length: 131_072 }, (_, index) => new Uint8Array(32).fill(index % 251));
  expect(toHex(batchRoot(commitments))).toBe(toHex(sha256(Buffer.concat(commitments))));
  expect(toHex(batchRoot([]))).toBe(toHex(sha256()));
});

describe("a bundle", () => {
  test("arrives as it was sent, and names itself by its manifest", async () => {
    const sent = await bundle(await signerOf(ORIGIN));
    const received = await take(sent.bytes, await expectation());
    expect(received.files).toEqual(FILES.map(([path, bytes]) => [path, bytes]));
    expect(received.manifestHash).toBe(sent.manifestHash);
  });

  test("is an archive GNU tar opens, with a manifest sha256sum can check", async () => {
    const folder = await mkdtemp(join(tmpdir(), "firsthand-bundle-"));
    try {
      const { bytes, manifestHash } = await bundle(await signerOf(ORIGIN));
      await writeFile(join(folder, "bundle.tar"), bytes);
      const run = promisify(execFile);
      await run("tar", ["-xf", "bundle.tar"], { cwd: folder });
      const manifest = await readFile(join(folder, "manifest"), "utf8");
      expect(toHex(sha256(utf8(manifest)))).toBe(manifestHash);
      const sums = manifest.split("\n").flatMap((line) => {
        const match = /^([0-9a-f]{64}) [0-9]+ (.+)$/.exec(line);
        return match === null ? [] : [`${match[1] ?? ""}  ${match[2] ?? ""}`];
      });
      expect(sums).toHaveLength(FILES.length);
      await writeFile(join(folder, "sums"), `${sums.join("\n")}\n`);
      await run("sha256sum", ["--strict", "-c", "sums"], { cwd: folder });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("is read to its end even if the receiver stops early, or reads nothing", async () => {
    const { bytes } = await bundle(await signerOf(ORIGIN));
    const seen: string[] = [];
    await readBundle(pieces(bytes, 777), await expectation(), async (path, _, body) => {
      seen.push(path);
      if (path.endsWith("1")) {
        for await (const piece of body) if (piece.length > 0) break;
      }
    });
    expect(seen).toEqual(FILES.map(([path]) => path));
  });

  test("whose receiver fails goes no further", async () => {
    const { bytes } = await bundle(await signerOf(ORIGIN));
    const seen: string[] = [];
    const reading = readBundle(pieces(bytes, 777), await expectation(), (path) => {
      seen.push(path);
      return Promise.reject(new Error("disk full"));
    });
    await expect(reading).rejects.toThrow("disk full");
    expect(seen).toHaveLength(1);
  });
});

describe("a bundle is refused as", () => {
  test("foreign, if it comes from another sender, another log, or goes the other way", async () => {
    const { bytes } = await bundle(await signerOf(ORIGIN));
    const other = await signerOf("other.example");
    await expect(take(bytes, await expectation({ keys: [other.vkey] }))).rejects.toEqual(refusal("bundle-foreign"));
    await expect(take(bytes, await expectation({ origin: "other.example" }))).rejects.toEqual(refusal("bundle-foreign"));
    await expect(take(bytes, await expectation({ to: "server" }))).rejects.toEqual(refusal("bundle-foreign"));
  });

  test("replayed, skipped or forked, by its place in the chain", async () => {
    const signer = await signerOf(ORIGIN);
    const first = await bundle(signer);
    const second = await bundle(signer, 2, first.manifestHash);
    const after = await expectation({ sequence: 2, previous: first.manifestHash });
    await expect(take(first.bytes, after)).rejects.toEqual(refusal("bundle-replayed"));
    await expect(take(second.bytes, await expectation())).rejects.toEqual(refusal("bundle-skipped"));
    await expect(take(second.bytes, { ...after, previous: "1".repeat(64) })).rejects.toEqual(refusal("bundle-forked"));
    await take(second.bytes, after);
  });

  test("reordered, if its entries are in another order than listed", async () => {
    const forged = await forge(FILES, [FILES[0]!, FILES[2]!, FILES[1]!, FILES[3]!]);
    await expect(take(forged, await expectation())).rejects.toEqual(refusal("bundle-reordered"));
  });

  test("tampered, if an entry is changed, swapped, added or of another size", async () => {
    const expected = await expectation();
    const changed: [string, Bytes] = [FILES[1]![0], FILES[2]![1]];
    const cases = [
      [FILES[0]!, changed, FILES[2]!, FILES[3]!],
      [["other", FILES[0]![1]] as const, ...FILES.slice(1)],
      [...FILES, ["one-more", utf8("x")] as const],
      [[FILES[0]![0], utf8("longer than it was\n")] as const, ...FILES.slice(1)],
    ];
    for (const present of cases) await expect(take(await forge(FILES, present), expected)).rejects.toEqual(refusal("bundle-tampered"));
  });

  test("truncated, wherever it is cut and whatever is left out at its end", async () => {
    const { bytes } = await bundle(await signerOf(ORIGIN));
    const expected = await expectation();
    for (const length of [
      0,
      100,
      511,
      512,
      600,
      1024,
      5000,
      bytes.length - 80_000,
      bytes.length - 1024,
      bytes.length - 512,
      bytes.length - 1,
    ]) {
      await expect(take(bytes.slice(0, length), expected), String(length)).rejects.toEqual(refusal("bundle-truncated"));
    }
    await expect(take(await forge(FILES, FILES.slice(0, 3)), expected)).rejects.toEqual(refusal("bundle-truncated"));
  });

  test("too long, if bytes follow it", async () => {
    const { bytes } = await bundle(await signerOf(ORIGIN));
    await expect(take(asBytes(new Uint8Array([...bytes, 0])), await expectation())).rejects.toEqual(refusal("trailing-bytes"));
  });

  test("something by name, whichever byte is changed", async () => {
    const { bytes } = await bundle(await signerOf(ORIGIN));
    const expected = await expectation();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const hostile = bytes.slice();
        hostile[place] = (hostile[place] ?? 0) ^ change;
        await expect(take(hostile, expected)).rejects.toBeInstanceOf(Refusal);
      }),
      { numRuns: 200 },
    );
  });
});
