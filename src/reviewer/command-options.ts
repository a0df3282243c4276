/** Every command of the review machine that has no command line of its own: its words and the options it takes. */
import { OVERRIDE } from "./isolation.ts";
import type { Actions, ValuesOf } from "./words-of.ts";

/** For `parseArgs`. */
export const OPTIONS = {
  origin: { type: "string" },
  epochs: { type: "string" },
  quorum: { type: "string" },
  start: { type: "string" },
  "keep-days": { type: "string" },
  "at-most": { type: "string" },
  "grace-days": { type: "string" },
  unacknowledged: { type: "string" },
  from: { type: "string" },
  current: { type: "string" },
  number: { type: "string" },
  signers: { type: "string" },
  demo: { type: "boolean" },
  practice: { type: "boolean" },
  "verify-from": { type: "string" },
  "log-key": { type: "string" },
  text: { type: "string" },
  challenge: { type: "boolean" },
  again: { type: "boolean" },
  casebook: { type: "string" },
  shares: { type: "string", multiple: true },
  person: { type: "string", multiple: true },
  pass: { type: "string" },
  passphrases: { type: "string" },
  "new-pass": { type: "string" },
  against: { type: "string" },
  "lock-after": { type: "string" },
  rewards: { type: "string" },
  [OVERRIDE]: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const AT_A_CASEBOOK = ["casebook", "shares", "person", "pass", OVERRIDE, "json"] as const;

/** Words after each command, and the options it takes. */
export const COMMANDS: Actions<keyof typeof OPTIONS> = {
  ceremony: {
    words: ["DIR"],
    options: [
      "origin",
      "epochs",
      "quorum",
      "start",
      "keep-days",
      "signers",
      "person",
      "passphrases",
      "demo",
      "practice",
      "verify-from",
      OVERRIDE,
      "json",
    ],
  },
  retention: {
    words: ["change|sign|show|card", "FILE"],
    options: [
      "current",
      "keep-days",
      "at-most",
      "grace-days",
      "unacknowledged",
      "from",
      "signers",
      "origin",
      "number",
      "shares",
      OVERRIDE,
      "json",
    ],
  },
  extend: { words: ["DIR"], options: ["epochs", "again", "rewards", ...AT_A_CASEBOOK] },
  import: { words: ["FILE"], options: ["log-key", ...AT_A_CASEBOOK] },
  window: { words: [], options: ["lock-after", ...AT_A_CASEBOOK] },
  list: { words: [], options: AT_A_CASEBOOK },
  show: { words: ["ID"], options: AT_A_CASEBOOK },
  extract: { words: ["ID", "DIR"], options: AT_A_CASEBOOK },
  reply: { words: ["ID"], options: ["text", "challenge", ...AT_A_CASEBOOK] },
  outbox: { words: ["FILE"], options: ["again", ...AT_A_CASEBOOK] },
  metrics: { words: ["FILE"], options: AT_A_CASEBOOK },
  status: { words: [], options: AT_A_CASEBOOK },
  verify: { words: [], options: ["against", ...AT_A_CASEBOOK] },
  propose: { words: ["WHAT", "WHICH"], options: ["new-pass", ...AT_A_CASEBOOK] },
  confirm: { words: ["N"], options: AT_A_CASEBOOK },
  reject: { words: ["N"], options: AT_A_CASEBOOK },
  proposals: { words: [], options: AT_A_CASEBOOK },
  help: { words: ["GUIDE"], options: ["json"] },
  "replace-cards": { words: ["DIR"], options: ["quorum", "verify-from", ...AT_A_CASEBOOK] },
};

/** Values of the options. */
export type Values = ValuesOf<typeof OPTIONS>;
