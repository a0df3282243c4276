/** The options that every command on a casebook takes, and the desk they come to; for command lines in files of their own. */
import { Refusal } from "../protocol/errors.ts";
import type { Desk } from "./desk.ts";
import { OVERRIDE } from "./isolation.ts";
import { progressTo } from "./progress.ts";

/** For `parseArgs`. */
export const DESK_OPTIONS = {
  casebook: { type: "string" },
  shares: { type: "string", multiple: true },
  person: { type: "string", multiple: true },
  pass: { type: "string" },
  [OVERRIDE]: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** What `parseArgs` makes of {@link DESK_OPTIONS}. */
export interface DeskValues {
  readonly casebook?: string | undefined;
  readonly shares?: string[] | undefined;
  readonly person?: string[] | undefined;
  readonly pass?: string | undefined;
  readonly [OVERRIDE]?: boolean | undefined;
}

/** @throws {Refusal} `usage` if several people would act. */
export function deskOf(values: DeskValues, now: Date, say: (sentence: string) => void): Desk {
  if ((values.person?.length ?? 0) > 1) throw new Refusal("usage", "only one person acts at a time");
  return {
    folder: values.casebook ?? "casebook",
    shareFiles: values.shares ?? [],
    person: values.person?.[0],
    passFile: values.pass,
    override: values[OVERRIDE] === true,
    now,
    progress: progressTo(say),
    say,
  };
}
