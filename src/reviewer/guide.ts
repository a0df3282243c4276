/** `firsthand-reviewer help NAME`: a guide for people. In the archive the guides lie beside the program, in a checkout where they are written. */
import { readFile } from "node:fs/promises";
import { Fault, Refusal } from "../protocol/errors.ts";
import { guideFile } from "../protocol/guides.ts";
import { isSystemError } from "./new-folder.ts";
import type { Answer } from "./views.ts";

/** Beside this program, in the archive; and from this module, in a checkout. */
const FOLDERS = ["./guides/", "../../deploy/guides/"].map((path) => new URL(path, import.meta.url));

/** A guide. @throws {Refusal} `usage` if there is none of that name; `not-found` if this installation has no guides. @throws {Fault} */
export async function guide(name: string): Promise<Answer> {
  const file = guideFile(name);
  for (const folder of FOLDERS) {
    try {
      const text = await readFile(new URL(file, folder), "utf8");
      return { json: { guide: text }, lines: text.trimEnd().split("\n") };
    } catch (error) {
      if (!isSystemError(error) || error.code !== "ENOENT") throw new Fault("reading a guide", error);
    }
  }
  throw new Refusal("not-found", "deploy/guides");
}
