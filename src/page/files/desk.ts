/**
 * Entry of the second script: what looks into files. It is fetched when a witness chooses the first file, so that nobody waits for it who sends none.
 */
import { files as bo } from "../locales/bo.ts";
import { files as en } from "../locales/en.ts";
import { files as kk } from "../locales/kk.ts";
import { files as ko } from "../locales/ko.ts";
import type { FilesText, Locale } from "../locales/locale.ts";
import { files as ug } from "../locales/ug.ts";
import { files as zhHans } from "../locales/zh-Hans.ts";
import { files as zhHant } from "../locales/zh-Hant.ts";
import { examine, type Examined } from "./examine.ts";
import { type Report, reportOn } from "./report.ts";

const WORDS: Readonly<Record<Locale["tag"], FilesText>> = { en, "zh-Hans": zhHans, "zh-Hant": zhHant, ug, bo, kk, ko };

/** What is said of a file that cannot be read, for whatever reason: that the device does not give it is said again when it is sent. */
const DAMAGED: Examined = { seen: "damaged", partly: false, found: [], cleaned: null };

/** Looks into a file, and says in `language` what it would give away. `cleaned` is there if the report offers it. Never rejects. */
export async function lookInto(file: File, language: Locale["tag"]): Promise<{ report: Report; cleaned: Blob | null }> {
  const examined = await examine(file).catch(() => DAMAGED);
  return { report: reportOn(examined, file, WORDS[language]), cleaned: examined.cleaned?.file ?? null };
}
