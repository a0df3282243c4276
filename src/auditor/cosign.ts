/**
 * Cosigning: "this is the largest consistent tree of this log that I saw" (C2SP tlog-cosignature v1). A cosigner reads the whole log, holds it against the
 * checkpoint it saw last, remembers the new one on disk, and only then signs. What it signs is a note that is carried back in a file.
 *
 * A cosignature says nothing about retention or any other rule; `verify` does. Its memory is what it is worth: without the folder of last seen checkpoints a key
 * must not be used again.
 * Two cosignings at a time in one folder cannot contradict each other: the later one finds that the other has remembered something (`state.ts`) and stops.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { type Cosigner, openNote } from "../protocol/crypto/note.ts";
import { formatNote } from "../protocol/format/note.ts";
import type { LogTrust } from "../protocol/tlog/verify.ts";
import type { Finding } from "./findings.ts";
import { type LogOrder, readLog } from "./reading.ts";

/** What a cosigning is told. */
export interface CosignOrder extends LogOrder {
  /** Only the log's key counts: other cosigners need not have signed before. */
  readonly trust: LogTrust;
  readonly cosigner: Cosigner;
  readonly stateFolder: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What came of it: a checkpoint with the log's signature and the cosigner's, or what speaks against signing. */
export interface Cosigning {
  readonly origin: string;
  readonly size: number | null;
  readonly findings: readonly Finding[];
  /** Null if there are findings. */
  readonly note: Bytes | null;
  readonly conflict: string | null;
}

/**
 * Verifies and cosigns.
 * @throws {Refusal} `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged. @throws {Fault}.
 */
export async function cosignLog(order: CosignOrder): Promise<Cosigning> {
  const { trust, cosigner, now } = order;
  const findings: Finding[] = [];
  const log = await readLog(
    order,
    { log: trust.log },
    (code, where) => void findings.push({ code, where }),
    () => undefined,
  );
  const origin = trust.log.name;
  if (log === null || !log.authentic || findings.length > 0) {
    return { origin, size: log?.checkpoint.size ?? null, findings, note: null, conflict: log?.conflict ?? null };
  }
  const { text, note } = await openNote(log.note, [trust.log]);
  const own = note.signatures.filter(({ name, id }) => name === trust.log.name && id === trust.log.id);
  const cosignature = await cosigner.cosign(text, Math.floor(now / 1000));
  return { origin, size: log.checkpoint.size, findings, note: formatNote({ text, signatures: [...own, cosignature] }), conflict: null };
}
