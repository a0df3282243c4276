/**
 * Entry of the second script: what looks into files. Every witness fetches it while writing, so it is kept small: what it says comes from the document.
 */
import type { FilesText } from "../locales/locale.ts";
import { examine, type Examined } from "./examine.ts";
import { type Report, reportOn } from "./report.ts";

/** What is said of a file that cannot be read, for whatever reason: that the device does not give it is said again when it is sent. */
const DAMAGED: Examined = { seen: "damaged", partly: false, found: [], cleaned: null };

/** Looks into a file, and says in `words` what it would give away. `cleaned` is there if the report offers it. Never rejects. */
export async function lookInto(file: File, words: FilesText): Promise<{ report: Report; cleaned: Blob | null }> {
  const examined = await examine(file).catch(() => DAMAGED);
  return { report: reportOn(examined, file, words), cleaned: examined.cleaned?.file ?? null };
}
