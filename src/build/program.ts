/**
 * The rewards program that a page is built for: `program.json` beside the keys, if there is one.
 *
 * People write it in any editor, with spaces and in any order; what is kept beside the keys is the one canonical form, so that the same program gives the same page.
 * {@link programAsWritten} leads from the one to the other.
 */
import { readFile } from "node:fs/promises";
import { fromUtf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { formatJson, type Json } from "../protocol/format/json.ts";
import { checkOffer, parseProgram, type Program } from "../protocol/format/program.ts";

/** Name of the file in KEYS_DIR. */
export const PROGRAM_FILE = "program.json";

/** The program in JSON of any form. @throws {Refusal} `bad-program`. */
export function programAsWritten(bytes: Uint8Array): Program {
  let canonical: Uint8Array;
  try {
    canonical = formatJson(JSON.parse(fromUtf8(bytes)) as Json);
  } catch {
    throw new Refusal("bad-program");
  }
  return parseProgram(canonical);
}

/**
 * The program in a file for a page that is built on `today`; null if there is no such file. `demo` keys may have an example.
 * @throws {Refusal} `bad-program`, `example-program`, `offer-not-current`.
 */
export async function readProgram(path: string, today: string, demo: boolean): Promise<Program | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Refusal("no-secure-place", PROGRAM_FILE);
  }
  const program = parseProgram(bytes);
  if (program.example && !demo) throw new Refusal("example-program");
  checkOffer(program, today);
  return program;
}
