/**
 * What the server says about itself: a closed list of events with closed fields.
 *
 * Text logs are kept, copied and subpoenaed. So there is no way to log a string that came from outside: every field below is a number of ours or a word
 * of ours, and a request is no event at all. Lines carry no time finer than the day; who runs the server under a supervisor that stamps lines learns the
 * times of these events, and none is caused by a request: what goes wrong with those is counted, and told at the next sealing (`troubles.ts`).
 *
 * pino writes the lines; Fastify's own logger stays off, because it logs addresses and paths.
 */
import { pino } from "pino";
import { Fault, Refusal, type RefusalCode } from "../protocol/errors.ts";
import { formatDate } from "../protocol/format/date.ts";

/** Every event there is, with its fields. */
export interface Events {
  "database-started": { adopted: boolean };
  "database-stopped": Record<string, never>;
  /** It ended and could not be started again yet. */
  "database-start-failed": { where: string };
  "database-connection-lost": Record<string, never>;
  /** Clusters of data folders that are gone: `removed`, or `kept` because their disk may only be unmounted. */
  "old-clusters": { removed: number; kept: number };
  "migrations-done": { files: number };
  "server-started": { demo: boolean };
  "server-stopped": Record<string, never>;
  /** Parts were refused because one of the limits was reached: `atLeast` 1, 10, 100 … since the last sealing. `troubles.ts` says when it is told. */
  "intake-full": { what: "disk" | "pending" | "memory"; atLeast: number };
  /** Requests could not be served because something of ours broke. `where` is a place in our source, or a step of ours. Told as `intake-full`. */
  "requests-failed": { where: string; atLeast: number };
  "batch-sealed": { batch: number; size: number };
  "batch-exported": { batch: number; bundle: number };
  "batch-acknowledged": { batch: number };
  "batch-purged": { batch: number };
  "batch-overdue": { batch: number };
  "policy-changed": { number: number };
  "sealing-failed": { where: string };
  "next-sealing": { hours: number };
  "log-published": { size: number };
  /** With each round of the timetable, so daily: a certificate has no key for today, or will have none in so many `days`. */
  "certificate-ends": { certificate: "program" | "rewards"; days: number };
  "demo-keys-in-use": Record<string, never>;
}

/** Writes events. */
export interface EventLog {
  event<Name extends keyof Events>(name: Name, fields: Events[Name]): void;
}

/** An event log that writes lines of JSON to `out`, standard error unless told otherwise. */
export function openEventLog(out: { write(line: string): void } = process.stderr): EventLog {
  const day = () => `,"date":"${formatDate(Math.floor(Date.now() / 86_400_000))}"`;
  const logger = pino({ base: null, timestamp: day, formatters: { level: (level) => ({ level }) } }, out);
  return {
    event: (name, fields) => {
      logger.info({ event: name, ...fields });
    },
  };
}

/** Where something broke, in words of ours only: a code, a step, or the place in our source. Never the message of a foreign error: it may quote input. */
export function whereItBroke(error: unknown): string {
  if (error instanceof Refusal) return error.code satisfies RefusalCode;
  if (error instanceof Fault) return error.step;
  const frame = error instanceof Error ? /\/src\/([a-z/-]+\.ts:\d+)/.exec(error.stack ?? "") : null;
  return frame?.[1] ?? "unknown";
}
