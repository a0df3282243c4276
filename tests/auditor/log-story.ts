/**
 * A log as a well-behaved server would write it over some days, step by step, with everything an audit looks at beside it. Tests change one thing and see what
 * is found.
 */
import type { Bytes } from "../../src/protocol/bytes.ts";
import { batchRoot } from "../../src/protocol/crypto/bundle.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import type { NoteSigner } from "../../src/protocol/crypto/note.ts";
import { fromHex, toHex, utf8 } from "../../src/protocol/encoding.ts";
import { acknowledgementPath, formatAcknowledgement } from "../../src/protocol/format/acknowledgement.ts";
import { addDays } from "../../src/protocol/format/date.ts";
import { destructionPath, formatDestruction } from "../../src/protocol/format/destruction.ts";
import { formatLeaf, type Leaf } from "../../src/protocol/format/leaf.ts";
import { formatLogPolicy, type LogPolicy } from "../../src/protocol/format/log-policy.ts";
import { parseNote } from "../../src/protocol/format/note.ts";
import { parseRetentionNote, retentionNotePath } from "../../src/protocol/format/retention-note.ts";
import { formatRetention, policyPath, type RetentionPolicy } from "../../src/protocol/format/retention.ts";
import { MemoryLog, signerOf } from "../support/memory-log.ts";
import { firstPolicyNote } from "../support/retention-notes.ts";

export const ORIGIN = "log.example/firsthand";
/** The day the story begins. */
export const FIRST_DAY = "2026-03-01";
/** A batch is due three days after it was acknowledged, and must be acknowledged within ten. */
const RETENTION: RetentionPolicy = { daysAfterAcknowledgement: 3, daysAtMost: 10, graceDays: 2, unacknowledged: "keep" };

export function hashOf(text: string): string {
  return toHex(sha256(utf8(text)));
}

/** `n` commitments, sorted, different for each batch. */
export function commitmentsOf(batch: number, n = 64): string[] {
  return Array.from({ length: n }, (_, item) => hashOf(`batch ${String(batch)} item ${String(item)}`)).toSorted();
}

export class LogStory {
  /** Every entry; may be changed before {@link write}. */
  readonly leaves: (Leaf | Bytes)[] = [];
  /** Files beside the log, by path; may be changed too. */
  readonly files = new Map<string, Bytes>();
  readonly log: NoteSigner;
  readonly review: NoteSigner;
  readonly #retention: RetentionPolicy;
  #batch = 0;
  #bundle = 0;
  #exported = 0;

  private constructor(log: NoteSigner, review: NoteSigner, retention: RetentionPolicy) {
    this.log = log;
    this.review = review;
    this.#retention = retention;
  }

  /** A log with its keys, two epochs and its policy in it. */
  static async begin(changes: Partial<RetentionPolicy> = {}): Promise<LogStory> {
    const story = new LogStory(await signerOf(ORIGIN), await signerOf("review.example"), { ...RETENTION, ...changes });
    for (const [role, signer] of [
      ["log", story.log],
      ["review", story.review],
    ] as const) {
      story.leaves.push({ kind: "key", action: "published", date: FIRST_DAY, role, vkey: hashOf(signer.vkey.text) });
    }
    for (const [fingerprint, from] of [
      [hashOf("epoch 1"), FIRST_DAY],
      [hashOf("epoch 2"), addDays(FIRST_DAY, 7)],
    ] as const) {
      story.leaves.push({ kind: "epoch", action: "published", certificate: "program", fingerprint, from, to: addDays(from, 7) });
    }
    story.decide(await firstPolicyNote(ORIGIN, story.#retention, story.review, FIRST_DAY), FIRST_DAY);
    return story;
  }

  /** Logs the policy in a signed note, with the files it names. Batches sealed by the story go on under the first one. */
  decide(signed: Bytes, date: string): void {
    const { number, from, policy } = parseRetentionNote(parseNote(signed).text);
    const file = formatRetention(policy);
    this.files.set(policyPath(toHex(sha256(file))), file);
    this.files.set(retentionNotePath(number), signed);
    this.leaves.push({ kind: "policy", date, from, note: toHex(sha256(signed)), number, sha256: toHex(sha256(file)) });
  }

  get policyHash(): string {
    return toHex(sha256(formatRetention(this.#retention)));
  }

  /** What an auditor of this log trusts. */
  policy(changes: Partial<LogPolicy> = {}): Bytes {
    return formatLogPolicy({
      log: this.log.vkey.text,
      review: this.review.vkey.text,
      cosigners: [],
      quorum: null,
      witnessProgram: null,
      ...changes,
    });
  }

  seal(date: string, commitments?: readonly string[]): number {
    const batch = ++this.#batch;
    const items = commitments ?? commitmentsOf(batch);
    for (const c of items) this.leaves.push({ kind: "received", batch, c });
    this.leaves.push({ kind: "sealed", batch, date, size: items.length, policy: this.policyHash, key: hashOf(`key ${String(batch)}`) });
    return batch;
  }

  /** Exports every batch that was not yet. */
  export(date: string): void {
    const [bundle, first, last] = [++this.#bundle, this.#exported + 1, this.#batch];
    this.leaves.push({ kind: "exported", bundle, date, first, last, sha256: hashOf(`bundle ${String(bundle)}`) });
    this.#exported = last;
  }

  /** Acknowledges a batch of 64 by a note over `items` signed by `signer`. */
  async acknowledge(batch: number, date: string, items = commitmentsOf(batch), signer = this.review): Promise<void> {
    const root = batchRoot(items.map((c) => fromHex(c, 32)));
    const note = await signer.sign(formatAcknowledgement({ origin: ORIGIN, batch, root, date }));
    this.files.set(acknowledgementPath(batch), note);
    this.leaves.push({ kind: "acknowledged", batch, date, sha256: toHex(sha256(note)) });
  }

  /** Destroys the secret of an epoch by a record that `signer` signs. */
  async destroy(fingerprint: string, from: string, date: string, { signer = this.review, origin = ORIGIN } = {}): Promise<void> {
    this.files.set(destructionPath(fingerprint), await signer.sign(formatDestruction({ origin, epoch: fingerprint, date })));
    this.leaves.push({ kind: "epoch", action: "destroyed", certificate: "program", fingerprint, from, to: addDays(from, 7) });
  }

  purge(batch: number, date: string): void {
    this.leaves.push({ kind: "purged", batch, date, key: hashOf(`key ${String(batch)}`), method: "key-destroyed-partition-dropped" });
  }

  /** The log with all that, signed. */
  async write(): Promise<MemoryLog> {
    const log = new MemoryLog(this.log);
    await log.append(this.leaves.map((leaf) => (leaf instanceof Uint8Array ? leaf : formatLeaf(leaf))));
    for (const [path, bytes] of this.files) log.files.set(path, bytes);
    return log;
  }
}

/** The day `TODAY` says is the eighth of the story. */
export const TODAY = addDays(FIRST_DAY, 7);

/**
 * Eight days: a batch a day, the first two exported on the second day and acknowledged on the third, purged in time; the rest exported on the eighth.
 */
export async function wholeStory(): Promise<LogStory> {
  const story = await LogStory.begin();
  const day = (number: number): string => addDays(FIRST_DAY, number - 1);
  story.seal(day(1));
  story.seal(day(2));
  story.export(day(2));
  await story.acknowledge(1, day(3));
  await story.acknowledge(2, day(3));
  story.seal(day(3));
  story.seal(day(4));
  story.seal(day(5));
  story.seal(day(6));
  story.purge(1, day(6));
  story.purge(2, day(7));
  story.seal(day(7));
  story.seal(day(8));
  story.export(day(8));
  return story;
}
