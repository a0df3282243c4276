/** The languages the page is built in. A new one is a file beside this one and a line here. */
import { en } from "./en.ts";
import type { Locale } from "./locale.ts";

export const LANGUAGES: readonly Locale[] = [en];
