/** The languages the page is built in. A new one is a file beside this one and a line here. */
import { bo } from "./bo.ts";
import { en } from "./en.ts";
import { kk } from "./kk.ts";
import { ko } from "./ko.ts";
import type { Locale } from "./locale.ts";
import { ug } from "./ug.ts";
import { zhHans } from "./zh-Hans.ts";
import { zhHant } from "./zh-Hant.ts";

export const LANGUAGES: readonly Locale[] = [en, zhHans, zhHant, ug, bo, kk, ko];
