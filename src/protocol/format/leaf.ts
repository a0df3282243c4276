/**
 * Log entries (README, section 8): canonical JSON, one length within a kind, so that an entry says nothing by its length. Numbers are eight digits,
 * dates `YYYY-MM-DD`, hashes and fingerprints lower-case hexadecimal of 32 bytes. A leaf names a day at most, never a time.
 */
import type { Bytes } from "../bytes.ts";
import { fromUtf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { formatJson, hex, type Json, matching, oneOf, parseJson, type Reader, record } from "./json.ts";
import { formatNumber, parseNumber } from "./number.ts";

/** A verifier key came into use. `vkey` is the SHA-256 of its text. */
export interface KeyLeaf {
  readonly kind: "key";
  readonly action: "published";
  readonly date: string;
  readonly role: "log" | "review";
  readonly vkey: string;
}

/** An epoch subkey was published, or its secret destroyed. The window is `from` (inclusive) to `to` (exclusive), both at midnight UTC. */
export interface EpochLeaf {
  readonly kind: "epoch";
  readonly action: "published" | "destroyed";
  readonly certificate: "program" | "rewards";
  readonly fingerprint: string;
  readonly from: string;
  readonly to: string;
}

/**
 * A retention policy was decided. `sha256` of its file `policies/<sha256>.json`, `note` of the signed note `policies/<number>`. Batches of the day `from` and later
 * ones that are sealed after this entry are under it.
 */
export interface PolicyLeaf {
  readonly kind: "policy";
  readonly date: string;
  readonly from: string;
  readonly note: string;
  readonly number: number;
  readonly sha256: string;
}

/** A release of the witness page: hashes of its file list and of its SBOM, and the 40-digit commit. */
export interface PageLeaf {
  readonly kind: "page";
  readonly date: string;
  readonly manifest: string;
  readonly commit: string;
  readonly sbom: string;
}

/** One item of a batch; `c` is its commitment. */
export interface ReceivedLeaf {
  readonly kind: "received";
  readonly batch: number;
  readonly c: string;
}

/** A batch is complete; its `size` received leaves stand directly before. `policy` as in {@link PolicyLeaf}, `key` the fingerprint of its batch key. */
export interface SealedLeaf {
  readonly kind: "sealed";
  readonly batch: number;
  readonly date: string;
  readonly size: number;
  readonly policy: string;
  readonly key: string;
}

/** Batches `first` to `last` left in a bundle whose manifest has this `sha256`. */
export interface ExportedLeaf {
  readonly kind: "exported";
  readonly bundle: number;
  readonly date: string;
  readonly first: number;
  readonly last: number;
  readonly sha256: string;
}

/** The review machine holds the batch; `sha256` of the signed acknowledgement published under `acknowledgements/<batch>`. */
export interface AcknowledgedLeaf {
  readonly kind: "acknowledged";
  readonly batch: number;
  readonly date: string;
  readonly sha256: string;
}

/** The batch's key was destroyed and its partition dropped. */
export interface PurgedLeaf {
  readonly kind: "purged";
  readonly batch: number;
  readonly date: string;
  readonly key: string;
  readonly method: "key-destroyed-partition-dropped";
}

/** An auditor's report with this `sha256` was received. */
export interface AuditLeaf {
  readonly kind: "audit";
  readonly date: string;
  readonly sha256: string;
}

/** One log entry. */
export type Leaf =
  KeyLeaf | EpochLeaf | PolicyLeaf | PageLeaf | ReceivedLeaf | SealedLeaf | ExportedLeaf | AcknowledgedLeaf | PurgedLeaf | AuditLeaf;

const hash = hex(32);
const date: Reader<string> = (value, where) => {
  const text = matching(/[0-9]{4}-[0-9]{2}-[0-9]{2}/)(value, where);
  parseDate(text);
  return text;
};
/** Eight digits, from 1. */
const number: Reader<number> = (value, where) => {
  if (typeof value !== "string") throw new Refusal("bad-field", where);
  return parseNumber(value, where, 1);
};

const READERS: { readonly [K in Leaf["kind"]]: Reader<Leaf & { kind: K }> } = {
  key: record<{ [F in keyof KeyLeaf]: KeyLeaf[F] }>({
    kind: oneOf(["key"]),
    action: oneOf(["published"]),
    date,
    role: oneOf(["log", "review"]),
    vkey: hash,
  }),
  epoch: record<{ [F in keyof EpochLeaf]: EpochLeaf[F] }>({
    kind: oneOf(["epoch"]),
    action: oneOf(["published", "destroyed"]),
    certificate: oneOf(["program", "rewards"]),
    fingerprint: hash,
    from: date,
    to: date,
  }),
  policy: record<{ [F in keyof PolicyLeaf]: PolicyLeaf[F] }>({
    kind: oneOf(["policy"]),
    date,
    from: date,
    note: hash,
    number,
    sha256: hash,
  }),
  page: record<{ [F in keyof PageLeaf]: PageLeaf[F] }>({ kind: oneOf(["page"]), date, manifest: hash, commit: hex(20), sbom: hash }),
  received: record<{ [F in keyof ReceivedLeaf]: ReceivedLeaf[F] }>({ kind: oneOf(["received"]), batch: number, c: hash }),
  sealed: record<{ [F in keyof SealedLeaf]: SealedLeaf[F] }>({
    kind: oneOf(["sealed"]),
    batch: number,
    date,
    size: number,
    policy: hash,
    key: hash,
  }),
  exported: record<{ [F in keyof ExportedLeaf]: ExportedLeaf[F] }>({
    kind: oneOf(["exported"]),
    bundle: number,
    date,
    first: number,
    last: number,
    sha256: hash,
  }),
  acknowledged: record<{ [F in keyof AcknowledgedLeaf]: AcknowledgedLeaf[F] }>({
    kind: oneOf(["acknowledged"]),
    batch: number,
    date,
    sha256: hash,
  }),
  purged: record<{ [F in keyof PurgedLeaf]: PurgedLeaf[F] }>({
    kind: oneOf(["purged"]),
    batch: number,
    date,
    key: hash,
    method: oneOf(["key-destroyed-partition-dropped"]),
  }),
  audit: record<{ [F in keyof AuditLeaf]: AuditLeaf[F] }>({ kind: oneOf(["audit"]), date, sha256: hash }),
};

/** Nearly all entries are of this kind, and this text is its one form: reading it without a JSON parser makes auditing four times as fast. */
const RECEIVED = /^\{"batch":"([0-9]{8})","c":"([0-9a-f]{64})","kind":"received"\}$/;

/** The entry of a leaf. What `parseLeaf` would refuse is a bug here. */
export function formatLeaf(leaf: Leaf): Bytes {
  const fields: Record<string, Json> = {};
  for (const [key, value] of Object.entries(leaf)) fields[key] = typeof value === "number" ? formatNumber(value) : (value as string);
  const bytes = formatJson(fields);
  try {
    parseLeaf(bytes);
  } catch (cause) {
    throw new Error("a log entry would not be valid", { cause });
  }
  return bytes;
}

/** The leaf of an entry. @throws {Refusal} `bad-leaf`. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  try {
    const received = RECEIVED.exec(fromUtf8(bytes));
    if (received !== null) return { kind: "received", batch: parseNumber(received[1] ?? "", "batch", 1), c: received[2] ?? "" };
    const json = parseJson(bytes);
    const kind = oneOf(Object.keys(READERS) as Leaf["kind"][])(kindOf(json), "kind");
    return READERS[kind](json, kind);
  } catch (error) {
    throw new Refusal("bad-leaf", error instanceof Refusal ? error.where : undefined);
  }
}

function kindOf(json: Json): Json {
  if (json === null || typeof json !== "object" || !("kind" in json)) return null;
  return json.kind;
}
