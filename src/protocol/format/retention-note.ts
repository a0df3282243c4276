/**
 * Retention notes: the text that people sign when a retention policy is made or changed (README, section 11). It holds the whole policy, so whoever signs it sees
 * what they sign, and names the people whose keys may sign the next one.
 *
 *     <origin>/retention/v1
 *     number <eight digits>         1 for the policy of the ceremony, then one by one
 *     from <YYYY-MM-DD>             batches of earlier days are not under it, whenever it is logged
 *     previous <hexadecimal: SHA-256 of the text of the note before; zeros for the first>
 *     policy <the policy's canonical JSON, see retention.ts>
 *     signer <verifier key>         2 to 16 lines, ascending
 *
 * The hash is over the text and not over the signed note, so that it does not depend on which two people signed.
 */
import { fromUtf8, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { NAME } from "./note.ts";
import { formatNumber, parseNumber } from "./number.ts";
import { formatRetention, parseRetention, type RetentionPolicy } from "./retention.ts";

/** How many people a note must name at least, and how many of them must sign the next one. */
export const SIGNERS_NEEDED = 2;
/** Most people a note may name. */
export const MOST_SIGNERS = 16;
/** `previous` of the first note. */
export const NO_NOTE_BEFORE = "0".repeat(64);
/** Longest signed note that is read, bytes. */
export const LONGEST_RETENTION_NOTE = 65_536;

/** What a retention note says. */
export interface RetentionNote {
  readonly origin: string;
  /** From 1. */
  readonly number: number;
  /** First day, `YYYY-MM-DD`, whose batches may be under it. */
  readonly from: string;
  /** Hexadecimal, 32 bytes. */
  readonly previous: string;
  readonly policy: RetentionPolicy;
  /** Texts of verifier keys, 2 to 16, ascending, each once; `parseVkey` checks them where they are used. */
  readonly signers: readonly string[];
}

const HEAD = new RegExp(
  `^(${NAME})/retention/v1\nnumber ([0-9]{8})\nfrom ([0-9]{4}-[0-9]{2}-[0-9]{2})\nprevious ([0-9a-f]{64})\npolicy ([^\n]{1,400})\n`,
  "u",
);
const SIGNER = /^signer ([^\s]{1,400})$/u;

/** Path below the log's address of the signed note with this number. */
export function retentionNotePath(number: number): string {
  return `policies/${formatNumber(number)}`;
}

/** The text of a retention note. What `parseRetentionNote` would refuse is a bug here. */
export function formatRetentionNote(note: RetentionNote): string {
  const { origin, number, from, previous, policy, signers } = note;
  const head = `${origin}/retention/v1\nnumber ${formatNumber(number)}\nfrom ${from}\nprevious ${previous}\n`;
  const text = `${head}policy ${fromUtf8(formatRetention(policy))}\n${signers.map((signer) => `signer ${signer}\n`).join("")}`;
  try {
    parseRetentionNote(text);
  } catch (cause) {
    throw new Error("a retention note would not be valid", { cause });
  }
  return text;
}

/** What a text says. @throws {Refusal} `bad-policy`. */
export function parseRetentionNote(text: string): RetentionNote {
  const head = HEAD.exec(text);
  if (head === null || !text.endsWith("\n")) throw new Refusal("bad-policy", "note");
  const [whole, origin = "", number = "", from = "", previous = "", policy = ""] = head;
  const lines = text.slice(whole.length, -1).split("\n");
  const signers = lines.map((line) => {
    const match = SIGNER.exec(line);
    if (match === null) throw new Refusal("bad-policy", "signer");
    return match[1] ?? "";
  });
  const ascending = signers.every((signer, place) => place === 0 || (signers[place - 1] ?? "") < signer);
  if (signers.length < SIGNERS_NEEDED || signers.length > MOST_SIGNERS || !ascending) throw new Refusal("bad-policy", "signers");
  try {
    parseDate(from);
    const counted = parseNumber(number, "number", 1);
    if ((counted === 1) !== (previous === NO_NOTE_BEFORE)) throw new Refusal("bad-field", "previous");
    return { origin, number: counted, from, previous, policy: parseRetention(utf8(policy)), signers };
  } catch (error) {
    throw new Refusal("bad-policy", error instanceof Refusal ? error.where : undefined);
  }
}
