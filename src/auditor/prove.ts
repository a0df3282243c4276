/**
 * Proofs for one entry of a log, as files that anybody can check offline (C2SP tlog-proof): made from a log that was read in full, so that no server learns which
 * entry somebody cares for, and checked against a policy.
 *
 * Whoever holds a receipt can learn here whether the server kept it. The proof, like the receipt, says that somebody sent something in this batch or before.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { openNote, type Vkey } from "../protocol/crypto/note.ts";
import { toHex } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { formatLeaf, type Leaf, parseLeaf } from "../protocol/format/leaf.ts";
import { parseReceipt, type Receipt } from "../protocol/format/receipt.ts";
import { formatLogProof, parseLogProof } from "../protocol/format/tlog-proof.ts";
import { inclusionProof } from "../protocol/tlog/tree.ts";
import { type CosignedCheckpoint, type LogTrust, verifyLogProof } from "../protocol/tlog/verify.ts";
import { TilesAhead } from "./fetch.ts";
import type { Finding } from "./findings.ts";
import { type LogOrder, readLog } from "./reading.ts";

/** Which entry: a receipt's, or the one with an index. */
export type Wanted = { readonly kind: "receipt"; readonly receipt: Receipt } | { readonly kind: "entry"; readonly index: number };

/** What came of proving. */
export interface Proving {
  readonly origin: string;
  readonly size: number | null;
  readonly findings: readonly Finding[];
  /** Null if there are findings. */
  readonly proof: Bytes | null;
  readonly entry: { readonly index: number; readonly leaf: Leaf } | null;
  readonly conflict: string | null;
}

/** A proof that holds. */
export interface CheckedProof extends CosignedCheckpoint {
  readonly index: number;
  readonly leaf: Leaf;
}

/**
 * The receipt in a signed note. @throws {Refusal} what is wrong with it; `wrong-origin` if it is another log's.
 */
export async function openReceipt(note: Uint8Array, log: Vkey): Promise<Receipt> {
  const { text } = await openNote(note, [log]);
  const receipt = parseReceipt(text);
  if (receipt.origin !== log.name) throw new Refusal("wrong-origin");
  return receipt;
}

/**
 * Reads the whole log and makes the proof.
 * @throws {Refusal} `not-found` if there is no log or no such entry; `bad-checkpoint` if the remembered one is damaged. @throws {Fault}.
 */
export async function prove(order: LogOrder, trust: LogTrust, wanted: Wanted): Promise<Proving> {
  const findings: Finding[] = [];
  const sealed = new Set<number>();
  let entry: Proving["entry"] = null;
  const log = await readLog(
    order,
    trust,
    (code, where) => void findings.push({ code, where }),
    (index, leaf) => {
      if (leaf.kind === "sealed") sealed.add(leaf.batch);
      if (isWanted(wanted, index, leaf)) entry ??= { index, leaf };
    },
  );
  const base = { origin: trust.log.name, size: log?.checkpoint.size ?? null, findings, conflict: log?.conflict ?? null };
  // TypeScript does not see that the callback above assigns it.
  const found = entry as Proving["entry"];
  if (log?.authentic === true) {
    if (found === null && wanted.kind === "entry") throw new Refusal("not-found", "entry");
    if (wanted.kind === "receipt") {
      const finding = brokenPromise(wanted.receipt, found, sealed);
      if (finding !== null) findings.push(finding);
    }
  }
  if (log === null || found === null || findings.length > 0) return { ...base, proof: null, entry: null };
  const { size } = log.checkpoint;
  const hashes = await inclusionProof(found.index, size, new TilesAhead(order.files, 0));
  return { ...base, entry: found, proof: formatLogProof({ extra: formatLeaf(found.leaf), index: found.index, hashes, note: log.note }) };
}

function isWanted(wanted: Wanted, index: number, leaf: Leaf): boolean {
  if (wanted.kind === "entry") return index === wanted.index;
  return leaf.kind === "received" && leaf.c === toHex(wanted.receipt.commitment);
}

/** What a receipt promised and the log does not keep. Before its batch is sealed, nothing is broken and nothing shown. */
function brokenPromise({ batch }: Receipt, found: Proving["entry"], sealed: ReadonlySet<number>): Finding | null {
  const where = `batch ${String(batch)}`;
  if (found === null) return { code: sealed.has(batch) ? "receipt-broken" : "receipt-open", where };
  return found.leaf.kind === "received" && found.leaf.batch <= batch ? null : { code: "receipt-late", where };
}

/**
 * Checks a proof.
 * @throws {Refusal} what is wrong with it, its checkpoint or its entry; `not-included` if it is of another entry than the receipt's.
 */
export async function checkProof(file: Uint8Array, trust: LogTrust, receipt: Receipt | null): Promise<CheckedProof> {
  const proof = parseLogProof(file);
  if (proof.extra === null) throw new Refusal("bad-proof", "entry");
  const opened = await verifyLogProof(proof, proof.extra, trust);
  const leaf = parseLeaf(proof.extra);
  if (
    receipt !== null &&
    !(isWanted({ kind: "receipt", receipt }, proof.index, leaf) && leaf.kind === "received" && leaf.batch <= receipt.batch)
  ) {
    throw new Refusal("not-included");
  }
  return { ...opened, index: proof.index, leaf };
}
