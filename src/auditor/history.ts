/** What a log tells, gathered for people to look at: batches with their deadlines, keys and epochs, releases of the page. Judges nothing: `rules.ts` does. */
import { formatDate, parseDate } from "../protocol/format/date.ts";
import type { EpochLeaf, KeyLeaf, Leaf, PageLeaf } from "../protocol/format/leaf.ts";
import { dueDay, lastDay } from "../protocol/format/retention.ts";
import { readPolicy } from "./audit.ts";
import type { LogFiles } from "./fetch.ts";

/** A batch. Days are `YYYY-MM-DD`, or null if that has not happened. */
export interface BatchHistory {
  readonly batch: number;
  /** Index of its `sealed` entry. */
  readonly index: number;
  readonly items: number;
  readonly sealed: string;
  exported: string | null;
  acknowledged: string | null;
  purged: string | null;
  /** How it was erased, as the log says it. */
  method: string | null;
  /** Hash of its retention policy. */
  readonly policy: string;
  /** Last day for the acknowledgement; null if the policy cannot be had. */
  latest: string | null;
  /** Day on which it is due to be erased; null until it is acknowledged. */
  due: string | null;
}

/** Everything that is drawn or listed. */
export interface History {
  readonly batches: readonly BatchHistory[];
  readonly keys: readonly (KeyLeaf & { readonly index: number })[];
  readonly epochs: readonly (EpochLeaf & { readonly index: number })[];
  readonly pages: readonly (PageLeaf & { readonly index: number })[];
}

/** Gathers while a log is read. */
export class HistoryGatherer {
  readonly #batches = new Map<number, BatchHistory>();
  readonly #keys: History["keys"][number][] = [];
  readonly #epochs: History["epochs"][number][] = [];
  readonly #pages: History["pages"][number][] = [];

  /** The next entry. */
  add(index: number, leaf: Leaf): void {
    switch (leaf.kind) {
      case "key":
        this.#keys.push({ index, ...leaf });
        return;
      case "epoch":
        this.#epochs.push({ index, ...leaf });
        return;
      case "page":
        this.#pages.push({ index, ...leaf });
        return;
      case "sealed": {
        if (this.#batches.has(leaf.batch)) return;
        const { batch, size: items, date: sealed, policy } = leaf;
        const nothing = { exported: null, acknowledged: null, purged: null, method: null, latest: null, due: null };
        this.#batches.set(batch, { batch, index, items, sealed, policy, ...nothing });
        return;
      }
      case "exported":
        // Not a loop over the numbers between: those are the log's to choose.
        for (const batch of this.#batches.values()) {
          if (batch.batch >= leaf.first && batch.batch <= leaf.last) batch.exported ??= leaf.date;
        }
        return;
      case "acknowledged": {
        const batch = this.#batches.get(leaf.batch);
        if (batch !== undefined) batch.acknowledged ??= leaf.date;
        return;
      }
      case "purged": {
        const batch = this.#batches.get(leaf.batch);
        if (batch === undefined) return;
        batch.purged ??= leaf.date;
        batch.method ??= leaf.method;
        return;
      }
      case "received":
      case "policy":
      case "audit":
        return;
    }
  }

  /** The history, with deadlines by the policies beside the log. @throws {Fault} if the log cannot be reached. */
  async end(files: LogFiles): Promise<History> {
    const batches = [...this.#batches.values()];
    for (const hash of new Set(batches.map(({ policy }) => policy))) {
      const policy = await readPolicy(files, hash);
      if (typeof policy === "string") continue;
      for (const batch of batches.filter((one) => one.policy === hash)) {
        const sealed = parseDate(batch.sealed);
        batch.latest = formatDate(lastDay(policy, sealed));
        batch.due = batch.acknowledged === null ? null : formatDate(dueDay(policy, sealed, parseDate(batch.acknowledged)));
      }
    }
    return { batches, keys: this.#keys, epochs: this.#epochs, pages: this.#pages };
  }
}
