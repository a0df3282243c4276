/** A file that somebody chose in the page and gives along in a call: base64. `fromBase64` of protocol/encoding.ts is for short texts: its pattern runs out of stack at a few MiB. */
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type Reader, text } from "../../protocol/format/json.ts";

/** Longest body of a call that gives a file, bytes: three files of 16 MiB, or one of 48. */
export const LONGEST_WITH_FILES = 67_108_864;

/** Calls that give files. */
export const GIVING_FILES: ReadonlySet<string> = new Set([
  "referral-program",
  "referral-pack",
  "referral-answered",
  "claims-program",
  "claims-take-in",
  "claim-step",
  "claim-notice",
  "claim-payee",
]);

/** The file, still in base64. */
export const givenFile: Reader<string> = text(LONGEST_WITH_FILES, 4);

/** Its bytes. @throws {Refusal} `not-base64` if it is not the one way to write them. */
export function bytesGiven(file: string): Bytes {
  const bytes = Buffer.from(file, "base64");
  if (bytes.toString("base64") !== file) throw new Refusal("not-base64");
  return asBytes(new Uint8Array(bytes));
}
