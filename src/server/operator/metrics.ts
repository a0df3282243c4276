/**
 * What a monitor may know, in Prometheus' text format (exposition formats, "Text-based format", version 0.0.4): `# HELP` and `# TYPE` lines, then a sample a line.
 *
 * A monitor keeps what it read, with the minute, for years and on other machines. So nothing here moves when a tip arrives, but the last one when room runs out: no requests, no bytes, no connections, no memory or processor
 * time of the server, no size of the database, no free disk. What is there is in the public log already, or follows from the calendar, or is a yes or no:
 *
 * | metric | why it is safe |
 * | --- | --- |
 * | `firsthand_log_entries` | the published log's size: public |
 * | `firsthand_batches` | batches by state: follows from the public log |
 * | `firsthand_bundles` | bundles by direction: those to review are in the log, those back acknowledge what is |
 * | `firsthand_next_sealing_timestamp_seconds` | the timetable |
 * | `firsthand_sealing_missed`, `firsthand_signing_refused`, `firsthand_clock_wrong`, `firsthand_policy_refused` | the keeper's work, which the calendar causes |
 * | `firsthand_batches_overdue`, `firsthand_purges_due`, `firsthand_export_unfinished` | follow from the public log and the day |
 * | `firsthand_certificate_days_left`, `firsthand_demo_keys` | follow from public certificates and the day |
 * | `firsthand_backup_age_days` | the operator's own doing; -1 if there has been none |
 * | `firsthand_reserve_reached` | whether large uploads are refused now for want of disk or room. It flips when very much came, and then whoever tries to upload sees it as well |
 */
import { dayOf, SECONDS_A_DAY } from "../../protocol/format/date.ts";
import type { Context } from "../context.ts";
import { statusOf } from "../courier/status.ts";
import { nextSealing } from "../courier/timetable.ts";
import { lastBackup } from "./backup-memory.ts";

/** Media type of the answer. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

interface Sample {
  /** Names and values of ours: nothing in them needs escaping. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All metrics as they stand, UTF-8 text. */
export async function metricsOf(context: Context): Promise<string> {
  const { clock, config, keys } = context;
  const { alarms, batches, bundles, logSize } = await statusOf(context);
  const today = dayOf(clock());
  const backup = await lastBackup(config.dataDir);
  const count = (...codes: string[]): number => alarms.filter(({ alarm }) => codes.includes(alarm)).length;
  const is = (...codes: string[]): Sample[] => [{ value: count(...codes) > 0 ? 1 : 0 }];
  const certificates = [keys.program, keys.rewards].map(({ purpose, epochs }) => ({
    labels: { certificate: purpose },
    value: Math.floor((epochs.at(-1)?.to ?? 0) / SECONDS_A_DAY) - today,
  }));
  return [
    gauge("log_entries", "Entries of the published log.", [{ value: logSize }]),
    gauge(
      "batches",
      "Batches by state.",
      Object.entries(batches).map(([state, value]) => ({ labels: { state }, value })),
    ),
    gauge("bundles", "Number of the last bundle in each direction.", [
      { labels: { direction: "review" }, value: bundles.toReview },
      { labels: { direction: "server" }, value: bundles.toServer },
    ]),
    gauge("next_sealing_timestamp_seconds", "When the next batch is sealed.", [{ value: nextSealing(clock(), config.sealAt) / 1000 }]),
    gauge("sealing_missed", "1 if the last batch of the timetable was not sealed in time.", is("sealing-missed")),
    gauge("signing_refused", "1 if the database is not the one whose log was signed last.", is("not-signing")),
    gauge("clock_wrong", "1 if nothing is sealed or purged because of the clock.", is("clock-behind", "clock-ahead")),
    gauge("policy_refused", "1 if the retention policy in KEYS_DIR is not the one the log began with.", is("policy-refused")),
    gauge("batches_overdue", "Batches that were not acknowledged in time.", [{ value: count("batch-overdue") }]),
    gauge("purges_due", "Batches that are to be purged.", [{ value: count("purge-due") }]),
    gauge("export_unfinished", "1 if a bundle was not written to its end.", is("export-unfinished")),
    gauge("certificate_days_left", "Days until a certificate's last key ends.", certificates),
    gauge("demo_keys", "1 if the secrets of the keys are public.", is("demo-keys")),
    gauge("backup_age_days", "Days since the last backup, -1 if there has been none.", [
      { value: backup === null ? -1 : today - backup.day },
    ]),
    gauge("reserve_reached", "1 if large uploads are refused for want of disk or room.", is("disk-nearly-full", "intake-nearly-full")),
  ].join("");
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const full = `firsthand_${name}`;
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${full}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${String(value)}\n`;
  });
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join("")}`;
}
