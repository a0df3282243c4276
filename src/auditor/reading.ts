/**
 * Reading a log from its first entry to its last: is its checkpoint signed, and are these its entries? What the entries mean is for others to say.
 * Everything from the log's side is hostile: what goes wrong there is a finding.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { isCosigner, parseVkey, type Vkey } from "../protocol/crypto/note.ts";
import { Refusal } from "../protocol/errors.ts";
import type { Checkpoint } from "../protocol/format/checkpoint.ts";
import { type Leaf, parseLeaf } from "../protocol/format/leaf.ts";
import type { LogPolicy } from "../protocol/format/log-policy.ts";
import {
  type Cosignature,
  type CosignedCheckpoint,
  type LogTrust,
  verifyCheckpoint,
  verifyCosigned,
  verifyGrowth,
  walkLog,
} from "../protocol/tlog/verify.ts";
import { type LogFiles, TilesAhead } from "./fetch.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { keepConflict, lastSeen, rememberSeen } from "./state.ts";

/** Takes a finding down. */
export type Report = (code: FindingCode, where: string) => void;

/** What reading a log is told. */
export interface LogOrder {
  readonly files: LogFiles;
  /** Folder of the last seen checkpoints; null if nothing is remembered. */
  readonly stateFolder: string | null;
  /** Entries read so far. */
  readonly progress: (done: number, total: number) => void;
}

/** A log that was read. */
export interface ReadLog {
  readonly checkpoint: Checkpoint;
  /** The signed note it came in. */
  readonly note: Bytes;
  /** Those of it that are by trusted cosigners. */
  readonly cosignatures: readonly Cosignature[];
  /** Size when it was last seen; null if it never was, or nothing is remembered. */
  readonly seenBefore: number | null;
  /** Whether the entries are exactly those whose root is signed. If not, what they say are nobody's words. */
  readonly authentic: boolean;
  /** Where a checkpoint that contradicts the one seen last was kept. */
  readonly conflict: string | null;
}

const LONGEST_CHECKPOINT = 1_000_000;
/** After so many damaged or missing tiles the log is not read further: a hostile one may claim any number of entries. */
const MOST_FAULTS = 100;

/** Whom a policy trusts. @throws {Refusal} `bad-vkey`, also if a key cannot do what it is named for. */
export function trustOf(policy: LogPolicy): LogTrust {
  const log = parseVkey(policy.log);
  const cosigners = policy.cosigners.map(({ name, vkey }) => ({ name, vkey: parseVkey(vkey) }));
  if (isCosigner(log)) throw new Refusal("bad-vkey", "the log's");
  if (!cosigners.every(({ vkey }) => isCosigner(vkey))) throw new Refusal("bad-vkey", "a cosigner's");
  return { log, cosigners, quorum: policy.quorum };
}

/**
 * Reads a log: its checkpoint, its entries, and that it grew from what was seen last; then remembers it. Each entry that can be read goes to `leaf`, in order.
 * Returns null if the checkpoint is not the log's (reported): then nothing else was read.
 * @throws {Refusal} `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged.
 * @throws {Fault} if the log cannot be reached or the memory not be written.
 */
export async function readLog(
  { files, stateFolder, progress }: LogOrder,
  trust: LogTrust,
  report: Report,
  leaf: (index: number, leaf: Leaf) => void,
): Promise<ReadLog | null> {
  const origin = trust.log.name;
  const note = await readOrNull(files, "checkpoint", LONGEST_CHECKPOINT);
  if (note === null) throw new Refusal("not-found", "checkpoint");
  const opened = note === "too-large" ? null : await openCheckpoint(note, trust, report);
  if (note === "too-large") report("checkpoint-invalid", "checkpoint");
  if (opened === null || note === "too-large") return null;
  const { checkpoint, cosignatures } = opened;

  const memory = stateFolder === null ? null : await lastSeen(stateFolder, origin);
  const seen = memory === null ? null : await openSeen(memory.note, trust.log);

  const tiles = new TilesAhead(files, checkpoint.size);
  const { authentic, faults } = await readEntries(checkpoint, tiles, progress, leaf);
  for (const { code, where } of faults) report(code, where);

  const grown = seen === null ? null : await checkGrowth(seen, checkpoint, tiles);
  if (grown !== null) report(grown, "checkpoint");
  const contradicts = grown === "log-shrunk" || grown === "log-forked";
  const conflict = contradicts && stateFolder !== null ? await keepConflict(stateFolder, origin, note) : null;
  // Seen is what was read in full and extends what was seen before.
  if (stateFolder !== null && authentic && grown === null) await rememberSeen(stateFolder, origin, note, memory);
  return { checkpoint, note, cosignatures, seenBefore: seen?.size ?? null, authentic, conflict };
}

async function openCheckpoint(note: Bytes, trust: LogTrust, report: Report): Promise<CosignedCheckpoint | null> {
  try {
    return await verifyCosigned(note, trust);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "unknown-signer" && error.where === "cosigners") {
      report("cosigners-too-few", "checkpoint");
      return openCheckpoint(note, { ...trust, quorum: null }, report);
    }
    report(error.code === "wrong-origin" ? "checkpoint-foreign" : "checkpoint-invalid", "checkpoint");
    return null;
  }
}

/** The remembered checkpoint was checked before it was written: if it does not open now, the memory is damaged and nothing can be said about growth. */
export async function openSeen(note: Bytes, log: Vkey): Promise<Checkpoint> {
  try {
    return await verifyCheckpoint(note, { log });
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("bad-checkpoint", "the one remembered in the state folder");
    throw error;
  }
}

async function checkGrowth(seen: Checkpoint, checkpoint: Checkpoint, tiles: TilesAhead): Promise<FindingCode | null> {
  try {
    await verifyGrowth(seen, checkpoint, tiles);
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code === "log-shrunk" || error.code === "log-forked" ? error.code : "growth-not-shown";
  }
}

/** Reads all entries, or until there are too many faults. `authentic`: they are exactly those whose root is signed. `faults` has one finding for one fault, not its consequences too. */
async function readEntries(
  checkpoint: Checkpoint,
  tiles: TilesAhead,
  progress: LogOrder["progress"],
  visit: (index: number, leaf: Leaf) => void,
): Promise<{ authentic: boolean; faults: Finding[] }> {
  const refusals: Refusal[] = [];
  const invalid: Finding[] = [];
  let read = 0;
  const enough = new Error("enough faults");
  try {
    await walkLog(checkpoint, tiles, {
      leaf: (index, entry) => {
        progress(++read, checkpoint.size);
        try {
          visit(index, parseLeaf(entry));
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          invalid.push({ code: "entry-invalid", where: `entry ${String(index)}` });
        }
      },
      fault: (refusal) => {
        if (refusals.push(refusal) >= MOST_FAULTS) throw enough;
      },
    });
  } catch (error) {
    if (error !== enough) throw error;
    read = -1;
  }

  const rootWrong = refusals.some(({ code }) => code === "bad-proof");
  const faults = refusals.flatMap((refusal): Finding[] => {
    const where = refusal.where ?? "";
    const ofEntries = where.startsWith("tile/entries/");
    if (refusal.code === "not-found") return [{ code: ofEntries ? "entries-missing" : "tile-missing", where }];
    if (refusal.code === "bad-proof") return [];
    return [{ code: ofEntries ? "entries-malformed" : "tile-wrong", where }];
  });
  if (!rootWrong) {
    const authentic = read === checkpoint.size;
    return { authentic, faults: authentic ? [...faults, ...invalid] : faults };
  }
  // The root is another one. If hash tiles and entries disagree, the entries are the changed ones, and the tiles above differ only in consequence.
  const changed = faults.filter(({ code, where }) => code === "tile-wrong" && where.startsWith("tile/0/"));
  if (changed.length === 0) return { authentic: false, faults: [...faults, { code: "root-wrong", where: "checkpoint" }] };
  const others = faults.filter(({ code }) => code !== "tile-wrong");
  const entries = changed.map(({ where }): Finding => ({ code: "entries-wrong", where: where.replace("tile/0/", "tile/entries/") }));
  return { authentic: false, faults: [...others, ...entries] };
}

/** A file, null if there is none, or `too-large`. @throws {Fault} if the log cannot be reached. */
export async function readOrNull(files: LogFiles, path: string, limit: number): Promise<Bytes | "too-large" | null> {
  try {
    return await files.read(path, limit);
  } catch (error) {
    if (error instanceof Refusal && error.code === "too-large") return "too-large";
    throw error;
  }
}
