/**
 * Bundles, as the review machine takes them. An input is the text of a manifest, a zero octet, and what follows its entry in the archive; the manifest is signed here,
 * since else nothing after the signature would be reached. An input that begins with a zero octet is an archive as it stands.
 */
import { type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { readBundle, writeBundle } from "../../../src/protocol/crypto/bundle.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { formatManifest, NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import { tarHeader } from "../../../src/protocol/format/tar.ts";
import { accepted, acceptedLater, holds, sameAgain, type Target } from "../engine/target.ts";
import { inPieces } from "../engine/pieces.ts";

const BLOCK = 512;
const LONGEST = 16 * BLOCK;
const origin = "tips.test/log";
const signer = await noteSigner(origin, new Uint8Array(32).fill(1));
const expected = { origin, to: "server", keys: [signer.vkey], sequence: 1, previous: NO_PREVIOUS } as const;

async function archiveOf(input: Bytes): Promise<Bytes | undefined> {
  const end = input.indexOf(0);
  if (end <= 0) return input.slice(1);
  const text = accepted(() => fromUtf8(input.subarray(0, end)));
  if (text === undefined || !/^[\P{Cc}\n]*\n$/u.test(text)) return undefined;
  const manifest = await signer.sign(text);
  const gap = (BLOCK - (manifest.length % BLOCK)) % BLOCK;
  return concat(tarHeader("manifest", manifest.length), manifest, new Uint8Array(gap), input.subarray(end + 1));
}

type Received = { path: string; bytes: Bytes };

async function taken(archive: Bytes): Promise<{ received: Received[]; manifestHash: string }> {
  const received: Received[] = [];
  const { manifestHash } = await readBundle(inPieces(archive, BLOCK), expected, async (path, size, body) => {
    const bytes = await collect(body, LONGEST);
    holds(bytes.length === size, "an entry gave another number of octets than it said");
    received.push({ path, bytes });
  });
  return { received, manifestHash };
}

async function written(received: readonly Received[]): Promise<{ archive: Bytes; manifestHash: string }> {
  const entries = received.map(({ path, bytes }) => ({
    path,
    size: bytes.length,
    sha256: sha256(bytes),
    open: () => inPieces(bytes, BLOCK),
  }));
  const { bytes, manifestHash } = await writeBundle({ ...expected, entries }, signer);
  return { archive: await collect(bytes, 2 * LONGEST), manifestHash };
}

async function seed(...received: Received[]): Promise<Uint8Array> {
  const { archive } = await written(received);
  const entries = received.map(({ path, bytes }) => ({ sha256: toHex(sha256(bytes)), size: bytes.length, path }));
  const text = utf8(formatManifest({ ...expected, entries }));
  const manifest = await signer.sign(formatManifest({ ...expected, entries }));
  return concat(text, Uint8Array.of(0), archive.subarray(BLOCK + Math.ceil(manifest.length / BLOCK) * BLOCK));
}

export const target: Target = {
  longest: LONGEST,
  seeds: async () => [
    await seed(),
    await seed(
      { path: "acknowledgements/00000001", bytes: utf8("x") },
      { path: `replies/${"0a".repeat(32)}/0001`, bytes: new Uint8Array(BLOCK) },
    ),
    concat(Uint8Array.of(0), (await written([{ path: "a", bytes: utf8("x") }])).archive),
  ],
  run: async (input) => {
    const archive = await archiveOf(input);
    if (archive === undefined) return;
    const bundle = await acceptedLater(() => taken(archive));
    if (bundle === undefined) return;
    const again = await written(bundle.received);
    sameAgain(archive, again.archive);
    sameAgain(bundle.manifestHash, again.manifestHash);
  },
};
