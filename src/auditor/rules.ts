/**
 * What the entries of a log must say, one after another: numbering, order, dates, keys, epochs. It looks at one entry at a time and remembers only what later
 * rules need; rules that need a file beside the log, or today's date, are in `retention.ts`.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { batchRoot } from "../protocol/crypto/bundle.ts";
import { fromHex } from "../protocol/encoding.ts";
import { parseDate } from "../protocol/format/date.ts";
import type {
  AcknowledgedLeaf,
  EpochLeaf,
  ExportedLeaf,
  KeyLeaf,
  Leaf,
  PolicyLeaf,
  PurgedLeaf,
  ReceivedLeaf,
  SealedLeaf,
} from "../protocol/format/leaf.ts";
import { HASH_LENGTH } from "../protocol/format/tile.ts";
import type { Finding, FindingCode } from "./findings.ts";

/** Smallest batch; a batch has this many items times a power of two. */
const SMALLEST_BATCH = 64;

/** A batch as the log tells it. */
export interface Batch {
  readonly sealed: SealedLeaf;
  /** How many items its entries are. */
  readonly items: number;
  /** `batchRoot` of their commitments. */
  readonly root: Bytes;
  /** Date of the first bundle that carried it, `YYYY-MM-DD`. */
  exported: string | null;
  acknowledged: AcknowledgedLeaf | null;
  purged: PurgedLeaf | null;
  /** Whether the purge stands after the acknowledgement. */
  purgedAfterAcknowledgement: boolean;
  /** The latest date in the log when the purge was recorded: it was complete then, and not before. */
  purgedBy: string | null;
}

/** Hashes (hexadecimal) of the texts of the keys that the auditor's policy names. */
export interface ExpectedKeys {
  readonly log: string;
  readonly review: string;
}

interface Run {
  readonly batch: number;
  readonly commitments: string[];
  sorted: boolean;
  /** Whether something other than a received entry stood in between. */
  interrupted: boolean;
}

interface Epoch {
  readonly fingerprint: string;
  readonly from: number;
  readonly to: number;
  destroyed: boolean;
}

/** Reads entries in order. */
export class LogRules {
  readonly findings: Finding[] = [];
  /** By number. A number that comes twice keeps its first batch. */
  readonly batches = new Map<number, Batch>();
  /** Hashes of the retention policies the log names, in order. */
  readonly policies = new Set<string>();
  /** Every policy entry, in order. */
  readonly decisions: PolicyLeaf[] = [];
  /** Every entry that an epoch's secret was destroyed, in order. */
  readonly destroyed: EpochLeaf[] = [];
  readonly #keys: ExpectedKeys;
  readonly #today: string;
  readonly #rolesSeen = new Set<string>();
  /** Packed. */
  readonly #commitments = new Set<string>();
  readonly #epochs = { program: new Map<string, Epoch>(), rewards: new Map<string, Epoch>() };
  /** Date of the first entry that has one, and the latest so far. */
  #firstDate: string | null = null;
  #latest = "1970-01-01";
  #run: Run | null = null;
  #lastBatch: SealedLeaf | null = null;
  #bundle = 0;
  #lastExported = 0;
  #futureReported = false;

  /** `today` is `YYYY-MM-DD`. */
  constructor(keys: ExpectedKeys, today: string) {
    this.#keys = keys;
    this.#today = today;
  }

  /** The next entry. */
  add(index: number, leaf: Leaf): void {
    const where = `entry ${String(index)}`;
    if ("date" in leaf) this.#date(leaf, where);
    if (leaf.kind !== "received" && leaf.kind !== "sealed" && this.#run?.interrupted === false) {
      this.#run.interrupted = true;
      this.#report("received-out-of-place", where);
    }
    switch (leaf.kind) {
      case "key": {
        this.#key(leaf, where);
        return;
      }
      case "epoch": {
        this.#epoch(leaf, where);
        return;
      }
      case "policy":
        this.decisions.push(leaf);
        this.policies.add(leaf.sha256);
        return;
      case "received": {
        this.#received(leaf, where);
        return;
      }
      case "sealed": {
        this.#sealed(leaf, where);
        return;
      }
      case "exported": {
        this.#exported(leaf, where);
        return;
      }
      case "acknowledged": {
        this.#acknowledged(leaf, where);
        return;
      }
      case "purged": {
        this.#purged(leaf, where);
        return;
      }
      case "page":
      case "audit":
        return;
    }
  }

  /** After the last entry. */
  end(): void {
    if (this.#run !== null) this.#report("batch-unsealed", `batch ${String(this.#run.batch)}`);
    for (const role of ["log", "review"]) {
      if (!this.#rolesSeen.has(role)) this.#report("key-missing", `${role} key`);
    }
    for (const [certificate, epochs] of Object.entries(this.#epochs)) this.#overlaps(certificate, [...epochs.values()]);
    this.#overdue();
  }

  #report(code: FindingCode, where: string): void {
    this.findings.push({ code, where });
  }

  /**
   * Dates never go back, or a backdated acknowledgement would make a purge due. Sealing and purging carry the date they were begun on, which may have passed
   * when they are complete after a crash; batches among themselves still go forward.
   */
  #date({ kind, date }: { kind: Leaf["kind"]; date: string }, where: string): void {
    const before = kind === "sealed" ? (this.#lastBatch?.date ?? date) : kind === "purged" ? date : this.#latest;
    if (date < before) this.#report("date-backwards", where);
    const begun = kind === "sealed" || kind === "purged";
    if (!begun || date > this.#latest) this.#latest = date;
    // A log and its auditor may be in different time zones: a day's grace.
    if (!this.#futureReported && parseDate(date) > parseDate(this.#today) + 1) {
      this.#futureReported = true;
      this.#report("date-future", where);
    }
    this.#firstDate ??= date;
  }

  #key(leaf: KeyLeaf, where: string): void {
    this.#rolesSeen.add(leaf.role);
    if (leaf.vkey !== this.#keys[leaf.role]) this.#report("key-foreign", where);
  }

  #epoch(leaf: EpochLeaf, where: string): void {
    const epochs = this.#epochs[leaf.certificate];
    const known = epochs.get(leaf.fingerprint);
    const [from, to] = [parseDate(leaf.from), parseDate(leaf.to)];
    if (from >= to) this.#report("epoch-invalid", where);
    if (leaf.action === "published") {
      if (known === undefined) epochs.set(leaf.fingerprint, { fingerprint: leaf.fingerprint, from, to, destroyed: false });
      else this.#report("epoch-repeated", where);
      return;
    }
    this.destroyed.push(leaf);
    if (known?.from !== from || known.to !== to) this.#report("epoch-unknown", where);
    else if (known.destroyed) this.#report("epoch-repeated", where);
    if (known !== undefined) known.destroyed = true;
  }

  #overlaps(certificate: string, epochs: readonly Epoch[]): void {
    let end = 0;
    for (const { fingerprint, from, to } of epochs.toSorted((a, b) => a.from - b.from)) {
      if (from < end) this.#report("epoch-overlap", `${certificate} epoch ${fingerprint.slice(0, 16)}`);
      end = Math.max(end, to);
    }
  }

  #received(leaf: ReceivedLeaf, where: string): void {
    if (this.#run === null || this.#run.batch !== leaf.batch || this.#run.interrupted) {
      const misplaced = this.#run !== null && !this.#run.interrupted;
      if (misplaced) this.#report("received-out-of-place", where);
      this.#run = { batch: leaf.batch, commitments: [], sorted: true, interrupted: false };
    }
    const last = this.#run.commitments.at(-1);
    const c = packed(leaf.c);
    if (this.#commitments.has(c)) this.#report("commitment-repeated", where);
    else if (last !== undefined && leaf.c < last && this.#run.sorted) {
      this.#run.sorted = false;
      this.#report("received-unsorted", where);
    }
    this.#commitments.add(c);
    this.#run.commitments.push(leaf.c);
  }

  #sealed(leaf: SealedLeaf, where: string): void {
    const run = this.#run;
    this.#run = null;
    if (leaf.batch !== (this.#lastBatch?.batch ?? 0) + 1) this.#report("batch-number-wrong", where);
    if (run !== null && run.batch !== leaf.batch) this.#report("received-out-of-place", where);
    const commitments = run?.commitments ?? [];
    if (leaf.size !== commitments.length || !isBatchSize(leaf.size)) this.#report("batch-size-wrong", where);
    if (leaf.policy !== this.#policyOf(leaf.date)) this.#report("batch-policy-wrong", where);
    this.policies.add(leaf.policy);
    if (this.#lastBatch !== null && parseDate(leaf.date) > parseDate(this.#lastBatch.date) + 1) this.#report("days-skipped", where);
    this.#lastBatch = leaf;
    if (this.batches.has(leaf.batch)) return;
    this.batches.set(leaf.batch, {
      sealed: leaf,
      items: commitments.length,
      root: batchRoot(commitments.map((c) => fromHex(c, HASH_LENGTH))),
      exported: null,
      acknowledged: null,
      purged: null,
      purgedAfterAcknowledgement: false,
      purgedBy: null,
    });
  }

  /** The policy of a batch of this date that is sealed now: the last one that is from that day or before; the first is from the beginning. */
  #policyOf(date: string): string | null {
    return this.decisions.findLast(({ from }, place) => place === 0 || from <= date)?.sha256 ?? null;
  }

  #exported(leaf: ExportedLeaf, where: string): void {
    if (leaf.bundle !== this.#bundle + 1) this.#report("bundle-number-wrong", where);
    this.#bundle = leaf.bundle;
    if (leaf.first !== this.#nextToExport() || leaf.last < leaf.first) this.#report("export-out-of-order", where);
    if (leaf.last > (this.#lastBatch?.batch ?? 0)) this.#report("export-unsealed", where);
    this.#lastExported = Math.max(this.#lastExported, leaf.last);
    for (const batch of this.batches.values()) {
      if (batch.sealed.batch >= leaf.first && batch.sealed.batch <= leaf.last) batch.exported ??= leaf.date;
    }
  }

  /** Batches that were purged before anybody fetched them are passed over. */
  #nextToExport(): number {
    let next = this.#lastExported + 1;
    while ((this.batches.get(next)?.purged ?? null) !== null) next++;
    return next;
  }

  #acknowledged(leaf: AcknowledgedLeaf, where: string): void {
    const batch = this.batches.get(leaf.batch);
    if (batch === undefined) {
      this.#report("acknowledgement-unknown", where);
      return;
    }
    if (batch.acknowledged !== null) {
      this.#report("acknowledgement-repeated", where);
      return;
    }
    if (batch.exported === null) this.#report("acknowledgement-unexported", where);
    batch.acknowledged = leaf;
  }

  #purged(leaf: PurgedLeaf, where: string): void {
    const batch = this.batches.get(leaf.batch);
    if (batch === undefined) {
      this.#report("purge-unknown", where);
      return;
    }
    if (batch.purged !== null) {
      this.#report("purge-repeated", where);
      return;
    }
    if (leaf.key !== batch.sealed.key) this.#report("purge-key-wrong", where);
    batch.purged = leaf;
    batch.purgedAfterAcknowledgement = batch.acknowledged !== null;
    batch.purgedBy = this.#latest;
  }

  /** A batch is sealed every day, also when nothing came: yesterday's at least must be there. Counts from the log's first date. */
  #overdue(): void {
    const since = this.#lastBatch?.date ?? this.#firstDate;
    if (since === null || parseDate(this.#today) <= parseDate(since) + 1) return;
    this.#report("batch-overdue", this.#lastBatch === null ? "batch 1" : `batch ${String(this.#lastBatch.batch + 1)}`);
  }
}

/** A hash as a text of 32 letters that stands by itself: what is remembered of every item must be small. */
function packed(hash: string): string {
  return String.fromCharCode(...fromHex(hash, HASH_LENGTH));
}

function isBatchSize(size: number): boolean {
  let allowed = SMALLEST_BATCH;
  while (allowed < size) allowed *= 2;
  return allowed === size;
}
