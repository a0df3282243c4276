/** WebP pictures and WAVE recordings. */
import { wavOf, webpOf } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [webpOf(), wavOf()]);
