/**
 * A server in memory, as far as a review machine can see it: a log, batches, bundles. Each step can be made wrong in one way, to see it refused. Batches are smaller than a
 * real server's: the review machine takes their size from the log.
 */
import type { Bytes } from "../../src/protocol/bytes.ts";
import { collect, compare, concat } from "../../src/protocol/bytes.ts";
import { batchRoot, type BundleFile, writeBundle } from "../../src/protocol/crypto/bundle.ts";
import { type Certificate, type EpochKey, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { signingKeyFromSeed } from "../../src/protocol/crypto/ed25519.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import type { NoteSigner } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { type AttachmentSource, sealDecoy, sealTip } from "../../src/protocol/crypto/tip.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { NO_PREVIOUS } from "../../src/protocol/format/manifest.ts";
import type { ClaimProof } from "../../src/protocol/format/claim.ts";
import type { Tip } from "../../src/protocol/format/tip.ts";
import { type Answers, EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";
import { streamOf } from "./bytes.ts";
import { MemoryLog, signerOf } from "./memory-log.ts";

const NO_HASH = "0".repeat(64);

/** A sealed item on its way. */
export interface Item {
  readonly envelope: Bytes;
  readonly commitment: Bytes;
}

/** A file to attach. */
export function fileOf(name: string, type: string, bytes: Bytes): AttachmentSource {
  return { name, type, size: bytes.length, form: "original", open: () => streamOf(bytes, 100_000) };
}

/** What a test says about a tip's sender. */
interface TipOptions {
  readonly seed?: Bytes;
  readonly sequence?: number;
  readonly reply?: Tip["reply"];
  readonly claim?: Bytes | null;
  readonly proof?: ClaimProof | null;
}

/** What a witness sends, sealed. With a `seed` the thread is the same each time; with `reply`, one is wanted there; with `claim`, a reward. */
export async function tipOf(
  to: { readonly program: EpochKey; readonly rewards: EpochKey },
  answers: Partial<Answers>,
  attachments: readonly AttachmentSource[] = [],
  { seed = randomBytes(32), sequence = 0, reply = null, claim = null, proof = null }: TipOptions = {},
): Promise<Item> {
  const thread = await signingKeyFromSeed(seed);
  const whole = { narrative: "I saw it.", ...answers };
  const sealed = await sealTip({ answers: { ...EMPTY_ANSWERS, ...whole }, attachments, thread, sequence, reply, claim, proof }, to);
  const envelope = await collect(sealed.parts, sealed.length);
  return { envelope, commitment: sealed.finish().commitment };
}

/** Decoys for a batch. */
export async function decoysOf(to: EpochKey, count: number): Promise<Item[]> {
  const decoys: Item[] = [];
  for (let index = 0; index < count; index++) decoys.push(await sealDecoy(to));
  return decoys;
}

/** The first epochs of the two certificates in a ceremony's public folder. */
export async function epochsOf(program: Bytes, rewards: Bytes): Promise<{ program: EpochKey; rewards: EpochKey }> {
  return { program: firstOf(await openCertificate(program)), rewards: firstOf(await openCertificate(rewards)) };
}

function firstOf({ epochs: [epoch] }: Certificate): EpochKey {
  if (epoch === undefined) throw new Error("a certificate has epochs");
  return epoch;
}

/** How a bundle differs from what an honest server makes. */
export interface BundleChange {
  readonly origin?: string;
  readonly to?: "review" | "server";
  readonly sequence?: number;
  readonly previous?: string;
  readonly signer?: NoteSigner;
  /** Another list of files. */
  readonly files?: (files: readonly BundleFile[]) => readonly BundleFile[];
}

/** A bundle in memory. */
export interface MadeBundle {
  readonly bytes: Bytes;
  readonly manifestHash: string;
}

/** The server. `log` may be changed by tests. */
export class SmallServer {
  readonly log: MemoryLog;
  readonly origin: string;
  #sequence = 0;
  #previous = NO_PREVIOUS;
  #batches = 0;
  #sent = new Set<string>();
  #waiting: { batch: number; items: readonly Item[] }[] = [];

  private constructor(log: MemoryLog) {
    this.log = log;
    this.origin = log.signer.vkey.name;
  }

  /** `word` decides the log key. */
  static async create(origin: string, word = origin): Promise<SmallServer> {
    return new SmallServer(new MemoryLog(await signerOf(origin, word)));
  }

  /** A copy as it is now: what it does from here on, the original knows nothing of. */
  fork(): SmallServer {
    const copy = new SmallServer(new MemoryLog(this.log.signer));
    for (const [path, bytes] of this.log.files) copy.log.files.set(path, bytes);
    copy.log.size = this.log.size;
    copy.#sequence = this.#sequence;
    copy.#previous = this.#previous;
    copy.#batches = this.#batches;
    copy.#sent = new Set(this.#sent);
    copy.#waiting = [...this.#waiting];
    return copy;
  }

  /** Seals a batch of these items and logs it. `logged` changes the commitments that go into the log. Returns its number and root. */
  async seal(items: readonly Item[], logged: (c: Bytes) => Bytes = (c) => c): Promise<{ batch: number; root: string }> {
    const batch = ++this.#batches;
    const sorted = [...items].sort((a, b) => compare(a.commitment, b.commitment));
    const commitments = sorted.map(({ commitment }) => logged(commitment));
    await this.log.append([
      ...commitments.map((c) => ({ kind: "received", batch, c: toHex(c) }) as const),
      { kind: "sealed", batch, date: "2026-06-02", size: items.length, policy: NO_HASH, key: NO_HASH },
    ]);
    this.#waiting.push({ batch, items: sorted });
    return { batch, root: toHex(batchRoot(commitments)) };
  }

  /** The next bundle, with everything sealed since the last. A changed one does not count as sent. */
  async exportBundle(change: BundleChange = {}): Promise<MadeBundle> {
    const tiles = [...this.log.files].filter(([path]) => path !== "checkpoint" && !this.#sent.has(path));
    const files = [
      bundleFile("checkpoint", this.log.files.get("checkpoint") ?? new Uint8Array(0)),
      ...tiles.map(([path, bytes]) => bundleFile(`log/${path}`, bytes)),
      ...this.#waiting.flatMap(({ batch, items }) =>
        items.map(({ envelope }, index) => bundleFile(`batches/${digits(batch, 8)}/${digits(index, 4)}`, envelope)),
      ),
    ];
    const content = {
      origin: change.origin ?? this.origin,
      to: change.to ?? "review",
      sequence: change.sequence ?? this.#sequence + 1,
      previous: change.previous ?? this.#previous,
      entries: change.files?.(files) ?? files,
    };
    const written = await writeBundle(content, change.signer ?? this.log.signer);
    const made = { bytes: concat(...(await allOf(written.bytes))), manifestHash: written.manifestHash };
    if (Object.keys(change).length === 0) {
      this.#sequence++;
      this.#previous = made.manifestHash;
      this.#waiting = [];
      for (const [path] of tiles) this.#sent.add(path);
    }
    return made;
  }
}

/** A file of a bundle. */
export function bundleFile(path: string, bytes: Bytes): BundleFile {
  return { path, size: bytes.length, sha256: sha256(bytes), open: () => streamOf(bytes) };
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

async function allOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}
