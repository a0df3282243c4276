/**
 * How the server is doing, for its operator. It counts only what the log shows anyway: how many tips wait, or how many items are real, is not here to
 * be read over a shoulder.
 */
import { sha256 } from "../../protocol/crypto/hash.ts";
import { toHex } from "../../protocol/encoding.ts";
import { REFUSALS } from "../../protocol/errors.ts";
import { formatDate } from "../../protocol/format/date.ts";
import { parseCheckpoint } from "../../protocol/format/checkpoint.ts";
import { parseNote } from "../../protocol/format/note.ts";
import type { Context } from "../context.ts";
import { freeBytes } from "../store/disk.ts";
import { waitingBytes } from "../store/generations.ts";
import { leavesOfKind, publishedCheckpoint } from "../store/log-store.ts";
import { type ClockTrouble, clockTrouble } from "./clock.ts";
import { dueBatches, overdueBatches } from "./purge.ts";
import { dayOf, nextSealing } from "./timetable.ts";
import { wouldSign } from "./writer.ts";

/** Something a person should do. */
export type Alarm =
  | { readonly alarm: "not-signing" }
  | { readonly alarm: "policy-refused" }
  | { readonly alarm: "batch-overdue"; readonly batch: number }
  | { readonly alarm: "purge-due"; readonly batch: number }
  | { readonly alarm: "export-unfinished"; readonly bundle: number }
  | { readonly alarm: "disk-nearly-full"; readonly freeMiB: number }
  | { readonly alarm: "intake-nearly-full" }
  | { readonly alarm: ClockTrouble }
  | { readonly alarm: "certificate-ends"; readonly certificate: "program" | "rewards"; readonly date: string }
  | { readonly alarm: "demo-keys" };

/** What `firsthand status` tells. */
export interface Status {
  readonly origin: string;
  /** Entries in the published log. */
  readonly logSize: number;
  readonly batches: { readonly sealed: number; readonly exported: number; readonly acknowledged: number; readonly purged: number };
  /** Numbers of the last bundles, 0 before the first. */
  readonly bundles: { readonly toReview: number; readonly toServer: number };
  /** `YYYY-MM-DDTHH:MMZ`. */
  readonly nextSealing: string;
  readonly alarms: readonly Alarm[];
}

/** Days before a certificate's end at which a new one should be on its way. */
const CERTIFICATE_DAYS = 60;
const SECONDS_A_DAY = 86_400;
const MIB = 1_048_576;

/** Looks; changes nothing. */
export async function statusOf(context: Context): Promise<Status> {
  const { db, config, keys, clock } = context;
  const today = dayOf(clock());
  const counts = { sealed: 0, exported: 0, acknowledged: 0, purged: 0 };
  for (const { state, count } of await db.query<{ state: keyof typeof counts; count: number }>(
    "select state, count(*) as count from batch group by state",
  )) {
    counts[state] = count;
  }
  const [bundles] = await db.query<{ review: number; server: number; unfinished: number }>(
    `select coalesce(max(sequence) filter (where direction = 'review' and logged), 0) as review,
            coalesce(max(sequence) filter (where direction = 'server'), 0) as server,
            coalesce(max(sequence) filter (where direction = 'review' and not logged), 0) as unfinished
     from bundle`,
  );
  const checkpoint = await publishedCheckpoint(db);
  const next = nextSealing(clock(), config.sealAt);
  const alarms: Alarm[] = [];
  if (!(await wouldSign(context))) alarms.push({ alarm: "not-signing" });
  const [policy] = await leavesOfKind(db, "policy");
  if (policy !== undefined && policy.note !== toHex(sha256(keys.retentionNote))) alarms.push({ alarm: "policy-refused" });
  for (const batch of await overdueBatches(db, today)) alarms.push({ alarm: "batch-overdue", batch });
  for (const { batch } of await dueBatches(db, today)) alarms.push({ alarm: "purge-due", batch });
  if (bundles !== undefined && bundles.unfinished > 0) alarms.push({ alarm: "export-unfinished", bundle: bundles.unfinished });
  const trouble = await clockTrouble(context);
  if (trouble !== null) alarms.push({ alarm: trouble });
  const waiting = await waitingBytes(db);
  // Nothing of how much waits: only that large uploads are refused now.
  if (waiting > config.maxPendingBytes - config.reserveBytes) alarms.push({ alarm: "intake-nearly-full" });
  const free = await freeBytes(context, waiting);
  if (free < Math.max(2 * config.minFreeBytes, config.minFreeBytes + config.reserveBytes))
    alarms.push({ alarm: "disk-nearly-full", freeMiB: Math.floor(free / MIB) });
  for (const { purpose, epochs } of [keys.program, keys.rewards]) {
    const end = Math.floor((epochs.at(-1)?.to ?? 0) / SECONDS_A_DAY);
    if (end - today < CERTIFICATE_DAYS) alarms.push({ alarm: "certificate-ends", certificate: purpose, date: formatDate(end) });
  }
  if (keys.demo) alarms.push({ alarm: "demo-keys" });
  return {
    origin: keys.origin,
    logSize: checkpoint === null ? 0 : parseCheckpoint(parseNote(checkpoint).text).size,
    batches: counts,
    bundles: { toReview: bundles?.review ?? 0, toServer: bundles?.server ?? 0 },
    nextSealing: `${formatDate(dayOf(next))}T${config.sealAt}Z`,
    alarms,
  };
}

/** The alarm as a sentence. */
export function sentenceFor(alarm: Alarm): string {
  switch (alarm.alarm) {
    case "not-signing":
      return "The database is not the one whose log was signed last: it is older, or was changed. Nothing is signed, sealed, exported or purged; tips are still taken in. Bring back the database that belongs to DATA_DIR.";
    case "policy-refused":
      return "The retention policy in KEYS_DIR is not the one this log began with. It has no effect: two people must sign a change, and firsthand retention takes it in.";
    case "batch-overdue":
      return `Batch ${String(alarm.batch)} has not been acknowledged for longer than the retention policy allows. Bring it to the review machine.`;
    case "purge-due":
      return `Batch ${String(alarm.batch)} is due to be purged. Run firsthand purge, or let the server do it at the next sealing.`;
    case "export-unfinished":
      return `Bundle ${String(alarm.bundle)} was not written to its end. Run firsthand export again.`;
    case "disk-nearly-full":
      return `The disk has only ${String(alarm.freeMiB)} MiB to spare. Uploads are refused when it is nearly full, large ones first.`;
    case "intake-nearly-full":
      return "As much waits as MAX_PENDING_MIB allows. Large uploads are refused until the next sealing, and soon all.";
    case "clock-behind":
    case "clock-ahead":
      return `${REFUSALS[alarm.alarm]} Until then tips are taken in, and nothing is sealed, purged or logged.`;
    case "certificate-ends":
      return `The ${alarm.certificate} certificate ends on ${alarm.date}. A new key ceremony is needed before.`;
    case "demo-keys":
      return "These are demo keys: their secrets are public. Nothing sent to this server is confidential.";
  }
}
