/**
 * What a server says it still has: the text of a note signed by the log key, for auditors to hold against the log. A lie in it is a signed lie.
 *
 *     <origin>/inventory/v1
 *     date <YYYY-MM-DD>
 *     size <decimal>                               entries of the log at that moment
 *     batch <eight digits> <eight digits> whole    for each batch with items in the database: its number, how many items,
 *     key <eight digits> <fingerprint>             whole or damaged; for each key file: its batch and what key it is
 *
 * Batches and keys each ascending. There is nothing of tips that wait: how many they are is nobody's business but the witnesses'.
 */
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { NAME } from "./note.ts";
import { formatNumber, parseNumber } from "./number.ts";

/** A batch with items in the database. */
export interface StoredBatch {
  /** From 1. */
  readonly batch: number;
  readonly items: number;
  /** Whether every item has as many parts as it says. */
  readonly whole: boolean;
}

/** A key file. */
export interface StoredKey {
  /** From 1. */
  readonly batch: number;
  /** As a `sealed` entry names it, hexadecimal. */
  readonly fingerprint: string;
}

/** What an inventory says. */
export interface Inventory {
  readonly origin: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Entries of the log, 0 to 2^53-1. */
  readonly size: number;
  readonly batches: readonly StoredBatch[];
  readonly keys: readonly StoredKey[];
}

const HEAD = new RegExp(`^(${NAME})/inventory/v1\ndate ([0-9]{4}-[0-9]{2}-[0-9]{2})\nsize (0|[1-9][0-9]{0,15})\n`, "u");
const BATCH = /^batch ([0-9]{8}) ([0-9]{8}) (whole|damaged)$/;
const KEY = /^key ([0-9]{8}) ([0-9a-f]{64})$/;

/** The note text of an inventory. What `parseInventory` would refuse is a bug here. */
export function formatInventory({ origin, date, size, batches, keys }: Inventory): string {
  const lines = [
    `${origin}/inventory/v1`,
    `date ${date}`,
    `size ${String(size)}`,
    ...batches.map(({ batch, items, whole }) => `batch ${formatNumber(batch)} ${formatNumber(items)} ${whole ? "whole" : "damaged"}`),
    ...keys.map(({ batch, fingerprint }) => `key ${formatNumber(batch)} ${fingerprint}`),
  ];
  const text = `${lines.join("\n")}\n`;
  try {
    parseInventory(text);
  } catch (cause) {
    throw new Error("an inventory would not be valid", { cause });
  }
  return text;
}

/** The inventory in a note's text. @throws {Refusal} `bad-inventory`. */
export function parseInventory(text: string): Inventory {
  const head = HEAD.exec(text);
  const size = Number(head?.[3]);
  if (head === null || !Number.isSafeInteger(size) || !text.endsWith("\n")) throw new Refusal("bad-inventory");
  const [, origin = "", date = ""] = head;
  const batches: StoredBatch[] = [];
  const keys: StoredKey[] = [];
  try {
    parseDate(date);
    const lines = text.slice(head[0].length).split("\n").slice(0, -1);
    for (const line of lines) {
      const batch = keys.length === 0 ? BATCH.exec(line) : null;
      if (batch !== null) {
        batches.push({
          batch: parseNumber(batch[1] ?? "", "batch", 1),
          items: parseNumber(batch[2] ?? "", "items"),
          whole: batch[3] === "whole",
        });
        continue;
      }
      const key = KEY.exec(line);
      if (key === null) throw new Refusal("bad-field");
      keys.push({ batch: parseNumber(key[1] ?? "", "key", 1), fingerprint: key[2] ?? "" });
    }
    if (!ascends(batches) || !ascends(keys)) throw new Refusal("bad-field");
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("bad-inventory");
    throw error;
  }
  return { origin, date, size, batches, keys };
}

function ascends(list: readonly { readonly batch: number }[]): boolean {
  return list.every(({ batch }, place) => place === 0 || batch > (list[place - 1]?.batch ?? 0));
}
