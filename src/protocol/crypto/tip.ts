/**
 * Sealing and opening whole tips: description, signature, claim part and files in one padded archive in one envelope. Specification sections 3, 5 and 6.
 *
 * Files are read twice, once for their digests (which stand before them in the archive) and once to be sealed; the second reading is checked against the first.
 * Nothing large is ever in memory: one part of 512 KiB at a time.
 */
import { type Bytes, collect, once, rechunk, type Source } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { type Claim, CLAIM_CONTENT, CLAIM_LENGTH, type ClaimProof, type ClaimVoucher, formatClaim } from "../format/claim.ts";
import { envelopeLength, parseFraming } from "../format/envelope.ts";
import { formatJson, hex, oneOf, parseJson, record } from "../format/json.ts";
import { isSizeClass, LARGEST_CONTENT, SMALLEST_CLASS, sizeClassOf } from "../format/padding.ts";
import { readTar, type TarEntry, type TarFile, tarLength, writeTar } from "../format/tar.ts";
import { type Attachment, formatTip, LONGEST_TIP_JSON, MOST_ATTACHMENTS, parseTip, type Tip } from "../format/tip.ts";
import type { Answers } from "../format/vocabulary.ts";
import type { EpochKey } from "./certificate.ts";
import { type SigningKey, verifySignature } from "./ed25519.ts";
import { openEnvelope, sealEnvelope, type SessionKeyOf } from "./envelope.ts";
import { commitmentOf, PART_SIZE, partDigest, sha256Native, withDomain } from "./hash.ts";
import { randomBytes } from "./random.ts";

const TIP_DOMAIN = "firsthand/tip/v1";
const SIGNATURE_LENGTH = 64;
/** `{"nonce":"…","version":1}` and nothing longer. */
const LONGEST_DECOY_JSON = 128;

/** A file to be attached. `open` may be called more than once and gives the same `size` bytes each time. */
export interface AttachmentSource {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly form: Attachment["form"];
  readonly open: () => Source;
}

/** What a witness sends. */
export interface TipContent {
  readonly answers: Answers;
  readonly attachments: readonly AttachmentSource[];
  readonly thread: SigningKey;
  readonly sequence: number;
  readonly reply: Tip["reply"];
  /** Public key that claims a reward, or `null` if none is wanted. */
  readonly claim: Bytes | null;
  /** Answer to a challenge of the reward officer, by the key `claim`; left out if there is none. */
  readonly proof?: ClaimProof | null;
  /** Asks for a voucher in the name of `claim`; then there is no proof. */
  readonly voucher?: ClaimVoucher;
}

/** `done` of `total` bytes of files read, then of the envelope sealed. */
export type OnProgress = (done: number, total: number, phase: "reading" | "sealing") => void;

/** A tip on its way out. */
export interface SealedTip {
  /** Octets of the envelope. */
  readonly length: number;
  readonly partCount: number;
  /** The envelope in parts of 512 KiB, the last shorter. To be read once; sealing happens as it is read. */
  readonly parts: AsyncGenerator<Bytes, void, undefined>;
  /** Commitment and part digest, 32 bytes each. Throws a bug before all parts were read. */
  finish(): { commitment: Bytes; digest: Bytes };
}

/**
 * Reads the files' digests and prepares the envelope.
 * @throws {Refusal} `bad-tip` on answers or names that no tip can have, `too-large`, `digest-mismatch` if a file changed while it was read (also from `parts`).
 */
export async function sealTip(
  content: TipContent,
  to: { readonly program: EpochKey; readonly rewards: EpochKey },
  onProgress: OnProgress = () => undefined,
): Promise<SealedTip> {
  const { answers, thread, sequence, reply } = content;
  if (content.attachments.length > MOST_ATTACHMENTS) throw new Refusal("too-large");
  const nonce = randomBytes(32);
  const attachments = await readAttachments(content.attachments, onProgress);
  const tipJson = formatTip({ nonce, thread: thread.publicKey, sequence, answers, attachments, reply });
  const signature = await thread.sign(withDomain(TIP_DOMAIN, tipJson));
  const part = { claim: content.claim, proof: content.proof ?? null, thread: thread.publicKey };
  const claim = await sealClaim(content.voucher === undefined ? part : { ...part, voucher: content.voucher }, to.rewards);
  const files: TarFile[] = [inMemory("tip.json", tipJson), inMemory("tip.sig", signature), inMemory("claim.pgp", claim)];
  content.attachments.forEach((source, index) => {
    const expected = attachments[index]?.digest;
    files.push({ path: attachmentPath(index), size: source.size, open: () => checked(source.open(), expected) });
  });
  const needed = tarLength(files.map(({ size }) => size));
  if (needed > LARGEST_CONTENT) throw new Refusal("too-large");
  const padded = sizeClassOf(needed);
  const length = envelopeLength(padded);
  const read: Digest = { digest: null };
  const sealed = sealEnvelope(writeTar(files, padded), padded, to.program);
  return {
    length,
    partCount: Math.ceil(length / PART_SIZE),
    parts: reported(
      digesting(sealed, (digest) => (read.digest = digest)),
      (done) => {
        onProgress(done, length, "sealing");
      },
    ),
    finish: () => {
      const { digest } = read;
      if (digest === null) throw new Error("not all parts of the tip were read");
      return { commitment: commitmentOf(nonce, digest), digest };
    },
  };
}

async function readAttachments(sources: readonly AttachmentSource[], onProgress: OnProgress): Promise<Attachment[]> {
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  if (total > LARGEST_CONTENT) throw new Refusal("too-large");
  const attachments: Attachment[] = [];
  let before = 0;
  for (const source of sources) {
    const read: Digest = { digest: null };
    let length = 0;
    for await (const part of digesting(source.open(), (digest) => (read.digest = digest))) {
      length += part.length;
      onProgress(before + length, total, "reading");
    }
    const { digest } = read;
    if (digest === null || length !== source.size) throw new Refusal("digest-mismatch", "a file changed while it was read");
    const { name, type, size, form } = source;
    attachments.push({ name, type, size, digest, form });
    before += size;
  }
  return attachments;
}

function sealClaim(claim: Claim, to: EpochKey): Promise<Bytes> {
  return collect(sealEnvelope(once(formatClaim(claim)), CLAIM_CONTENT, to), CLAIM_LENGTH);
}

/**
 * A decoy: an envelope of the smallest class that only the review machine can tell from a tip. In memory, 66,822 octets.
 * Its session key is forgotten.
 */
export async function sealDecoy(to: EpochKey): Promise<{ envelope: Bytes; commitment: Bytes; digest: Bytes }> {
  const nonce = randomBytes(32);
  const files = [inMemory("decoy.json", formatJson({ nonce: toHex(nonce), version: 1 }))];
  const envelope = await collect(sealEnvelope(writeTar(files, SMALLEST_CLASS), SMALLEST_CLASS, to), envelopeLength(SMALLEST_CLASS));
  const digest = partDigest(envelope.length, [await sha256Native(envelope)]);
  return { envelope, commitment: commitmentOf(nonce, digest), digest };
}

/** What was in an envelope. */
export type OpenedTip =
  | {
      readonly kind: "tip";
      readonly tip: Tip;
      /** The bytes that `signature` signs. */
      readonly tipJson: Bytes;
      readonly signature: Bytes;
      /** The sealed claim part, {@link CLAIM_LENGTH} octets, for the reward officer. */
      readonly claim: Bytes;
      readonly digest: Bytes;
      readonly commitment: Bytes;
      /** Opens this envelope alone. */
      readonly sessionKey: Bytes;
    }
  | { readonly kind: "decoy"; readonly digest: Bytes; readonly commitment: Bytes };

/** Receives the files of a tip, one after the other. What it kept must be thrown away if {@link openTip} throws: only its return vouches for the whole. */
export interface TipVisitor {
  /** `index` counts from 0. The bytes are checked against the attachment's digest after this returned. */
  attachment(index: number, attachment: Attachment, body: Source): Promise<void>;
}

/**
 * Opens an envelope and checks everything there is to check: framing, authenticity, archive, size class, description, signature, digests.
 * @throws {Refusal} with the code of what is wrong first.
 */
export async function openTip(envelope: Source, sessionKeyOf: SessionKeyOf, visit: TipVisitor): Promise<OpenedTip> {
  const read: Digest = { digest: null };
  let sessionKey: Bytes = new Uint8Array(0);
  const { framing, content } = await openEnvelope(
    digesting(envelope, (digest) => (read.digest = digest)),
    async (pkesk, seen) => {
      if (!isSizeClass(seen.content)) throw new Refusal("wrong-length");
      sessionKey = await sessionKeyOf(pkesk, seen);
      return sessionKey;
    },
  );
  const archive = readTar(content, framing.content);
  let inside: Inside;
  try {
    inside = await readInside(archive, framing.content, visit);
    // The archive's end, the envelope's end and its last tag.
    if ((await archive.next()).done !== true) throw new Refusal("bad-archive");
    await drain(content);
  } finally {
    await archive.return();
  }
  const { digest } = read;
  if (digest === null) throw new Error("the envelope was not read to its end");
  if (inside.kind === "decoy") return { kind: "decoy", digest, commitment: commitmentOf(inside.nonce, digest) };
  return { ...inside, digest, commitment: commitmentOf(inside.tip.nonce, digest), sessionKey };
}

type Inside =
  | { readonly kind: "decoy"; readonly nonce: Bytes }
  | { readonly kind: "tip"; readonly tip: Tip; readonly tipJson: Bytes; readonly signature: Bytes; readonly claim: Bytes };

type Archive = AsyncGenerator<TarEntry, void, undefined>;

async function readInside(archive: Archive, contentLength: number, visit: TipVisitor): Promise<Inside> {
  const first = await archive.next();
  if (first.done === true) throw new Refusal("bad-archive");
  if (first.value.path === "decoy.json") {
    const bytes = await collect(first.value.body, LONGEST_DECOY_JSON);
    if (contentLength !== SMALLEST_CLASS) throw new Refusal("not-smallest-class");
    return { kind: "decoy", nonce: parseDecoy(bytes) };
  }
  if (first.value.path !== "tip.json") throw new Refusal("bad-archive");
  const tipJson = await collect(first.value.body, LONGEST_TIP_JSON);
  const tip = parseTip(tipJson);
  const signature = await readSmall(archive, "tip.sig", SIGNATURE_LENGTH);
  await verifySignature(tip.thread, withDomain(TIP_DOMAIN, tipJson), signature);
  const claim = await readSmall(archive, "claim.pgp", CLAIM_LENGTH);
  if (parseFraming(claim).length !== CLAIM_LENGTH) throw new Refusal("bad-tip", "claim");
  const sizes = [tipJson.length, SIGNATURE_LENGTH, CLAIM_LENGTH, ...tip.attachments.map(({ size }) => size)];
  const needed = tarLength(sizes);
  if (needed > contentLength) throw new Refusal("bad-archive");
  if (sizeClassOf(needed) !== contentLength) throw new Refusal("not-smallest-class");
  for (const [index, attachment] of tip.attachments.entries()) await readAttachment(archive, index, attachment, visit);
  return { kind: "tip", tip, tipJson, signature, claim };
}

async function readSmall(archive: Archive, path: string, size: number): Promise<Bytes> {
  const { body } = await nextEntry(archive, path, size);
  return collect(body, size);
}

async function nextEntry(archive: Archive, path: string, size: number): Promise<TarEntry> {
  const step = await archive.next();
  if (step.done === true || step.value.path !== path || step.value.size !== size) throw new Refusal("bad-archive");
  return step.value;
}

async function readAttachment(archive: Archive, index: number, attachment: Attachment, visit: TipVisitor): Promise<void> {
  const { body } = await nextEntry(archive, attachmentPath(index), attachment.size);
  const bytes = checked(body, attachment.digest);
  // Without `return`, a visitor that stops early cannot close the stream: the rest is still read and checked.
  await visit.attachment(index, attachment, { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) });
  await drain(bytes);
}

const readDecoy = record({ nonce: hex(32), version: oneOf([1]) });

function parseDecoy(bytes: Bytes): Bytes {
  try {
    return fromHex(readDecoy(parseJson(bytes), "decoy").nonce);
  } catch {
    throw new Refusal("bad-tip", "decoy");
  }
}

function attachmentPath(index: number): string {
  return `files/${String(index + 1).padStart(4, "0")}`;
}

function inMemory(path: string, bytes: Bytes): TarFile {
  return { path, size: bytes.length, open: () => once(bytes) };
}

/** Set when a stream has ended. */
interface Digest {
  digest: Bytes | null;
}

/** The bytes in parts, and at their end the part digest `D`. */
async function* digesting(source: Source, onEnd: (digest: Bytes) => void): AsyncGenerator<Bytes, void, undefined> {
  const hashes: Bytes[] = [];
  let length = 0;
  for await (const part of rechunk(source, PART_SIZE)) {
    hashes.push(await sha256Native(part));
    length += part.length;
    yield part;
  }
  onEnd(partDigest(length, hashes));
}

/** The bytes in parts. @throws {Refusal} `digest-mismatch` at their end if they are not those of `expected`. */
function checked(source: Source, expected: Bytes | undefined): AsyncGenerator<Bytes, void, undefined> {
  return digesting(source, (digest) => {
    if (expected === undefined || toHex(digest) !== toHex(expected)) throw new Refusal("digest-mismatch");
  });
}

/** The same parts; says how far it is when the receiver comes back for more. */
async function* reported(parts: AsyncIterable<Bytes>, report: (done: number) => void): AsyncGenerator<Bytes, void, undefined> {
  let done = 0;
  for await (const part of parts) {
    done += part.length;
    yield part;
    report(done);
  }
}

async function drain(generator: AsyncGenerator<unknown, void, undefined>): Promise<void> {
  let step = await generator.next();
  while (step.done !== true) step = await generator.next();
}
