/**
 * How the server is doing, for its operator. It counts only what the log shows anyway: how many tips wait, or how many items are real, is not here to
 * be read over a shoulder.
 */
import { sha256 } from "../../protocol/crypto/hash.ts";
import { toHex } from "../../protocol/encoding.ts";
import { REFUSALS } from "../../protocol/errors.ts";
import { dayOf, formatDate, SECONDS_A_DAY } from "../../protocol/format/date.ts";
import type { Context } from "../context.ts";
import type { Keys } from "../keys.ts";
import { freeBytes } from "../store/disk.ts";
import { waitingBytes } from "../store/generations.ts";
import { checkpointSize, leavesOfKind, publishedCheckpoint } from "../store/log-store.ts";
import { type ClockTrouble, clockTrouble } from "./clock.ts";
import { dueBatches, overdueBatches } from "./purge.ts";
import { sealedThrough } from "./seal.ts";
import { lastDueDay, nextSealing } from "./timetable.ts";
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
  | { readonly alarm: "sealing-missed"; readonly date: string }
  | { readonly alarm: CertificateTrouble["alarm"]; readonly certificate: CertificateTrouble["certificate"]; readonly date: string }
  | { readonly alarm: "demo-keys" };

/** A certificate that has run out, or will: `date` is its last day. */
export interface CertificateTrouble {
  readonly alarm: "certificate-ends" | "certificate-ends-soon" | "no-epoch";
  readonly certificate: "program" | "rewards";
  readonly date: string;
  /** Until that day, 0 or less when it is over. */
  readonly days: number;
}

/** What an alarm says, and what to do: a sentence or two each. */
export interface Words {
  readonly says: string;
  readonly mend: string;
}

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
/** Days before it at which that is urgent: a ceremony takes several people, and saved pages carry keys of eight weeks. */
const SOON_DAYS = 28;
/** How long after its time a sealing is missed, milliseconds. It may take a while, and waits for other work of the keeper. */
const SEALING_LATE = 2 * 3_600_000;
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
  const due = lastDueDay(clock() - SEALING_LATE, config.sealAt);
  const through = await sealedThrough(db);
  if (through !== null && through < due) alarms.push({ alarm: "sealing-missed", date: formatDate(due) });
  for (const { alarm, certificate, date } of certificateTroubles(keys, clock())) alarms.push({ alarm, certificate, date });
  if (keys.demo) alarms.push({ alarm: "demo-keys" });
  return {
    origin: keys.origin,
    logSize: checkpoint === null ? 0 : checkpointSize(checkpoint),
    batches: counts,
    bundles: { toReview: bundles?.review ?? 0, toServer: bundles?.server ?? 0 },
    nextSealing: `${formatDate(dayOf(next))}T${config.sealAt}Z`,
    alarms,
  };
}

/** Certificates that have no key for `now` (milliseconds), or soon will have none. */
export function certificateTroubles({ program, rewards }: Pick<Keys, "program" | "rewards">, now: number): CertificateTrouble[] {
  const seconds = Math.floor(now / 1000);
  return [program, rewards].flatMap(({ purpose, epochs }) => {
    const end = Math.floor((epochs.at(-1)?.to ?? 0) / SECONDS_A_DAY);
    const days = end - dayOf(now);
    const current = epochs.some(({ from, to }) => from <= seconds && seconds < to);
    if (current && days >= CERTIFICATE_DAYS) return [];
    const alarm = !current ? "no-epoch" : days < SOON_DAYS ? "certificate-ends-soon" : "certificate-ends";
    return [{ alarm, certificate: purpose, date: formatDate(end), days }];
  });
}

/** The alarm in words. */
export function wordsFor(alarm: Alarm): Words {
  switch (alarm.alarm) {
    case "not-signing":
      return {
        says: "The database is not the one whose log was signed last: it is older, or was changed. Nothing is signed, sealed, exported or purged; tips are still taken in.",
        mend: "Bring back the database that belongs to DATA_DIR.",
      };
    case "policy-refused":
      return {
        says: "The retention policy in KEYS_DIR is not the one this log began with. It has no effect.",
        mend: "Two people must sign a change, and firsthand retention takes it in.",
      };
    case "batch-overdue":
      return {
        says: `Batch ${String(alarm.batch)} has not been acknowledged for longer than the retention policy allows.`,
        mend: "Bring it to the review machine.",
      };
    case "purge-due":
      return {
        says: `Batch ${String(alarm.batch)} is due to be purged.`,
        mend: "Run firsthand purge, or let the server do it at the next sealing.",
      };
    case "export-unfinished":
      return { says: `Bundle ${String(alarm.bundle)} was not written to its end.`, mend: "Run firsthand export again." };
    case "disk-nearly-full":
      return {
        says: `The disk has only ${String(alarm.freeMiB)} MiB to spare. Uploads are refused when it is nearly full, large ones first.`,
        mend: "Make room on it, or give it more.",
      };
    case "intake-nearly-full":
      return {
        says: "As much waits as MAX_PENDING_MIB allows. Large uploads are refused until the next sealing, and soon all.",
        mend: "Run firsthand seal, or raise MAX_PENDING_MIB if the disk has room.",
      };
    case "clock-behind":
    case "clock-ahead":
      return { says: "Until the clock is right tips are taken in, and nothing is sealed, purged or logged.", mend: REFUSALS[alarm.alarm] };
    case "sealing-missed":
      return {
        says: `The batch of ${alarm.date} was not sealed in time.`,
        mend: "See that firsthand serve or firsthand keep runs, and run firsthand seal to hear why it does not work.",
      };
    case "certificate-ends":
      return {
        says: `The ${alarm.certificate} certificate ends on ${alarm.date}.`,
        mend: "A new key ceremony is needed before, and a new page for its keys.",
      };
    case "certificate-ends-soon":
      return {
        says: `The ${alarm.certificate} certificate ends on ${alarm.date}, and with it every tip: without a key of the day none can be written.`,
        mend: "Hold the key ceremony now, and build a new page for its keys.",
      };
    case "no-epoch":
      return {
        says: `The ${alarm.certificate} certificate has no key for today; its last day was ${alarm.date}. Witnesses read that the keys of this site are missing, and can send nothing.`,
        mend: "Hold the key ceremony, and build a new page for its keys.",
      };
    case "demo-keys":
      return {
        says: "These are demo keys: their secrets are public. Nothing sent to this server is confidential.",
        mend: "Hold a key ceremony without --demo.",
      };
  }
}
