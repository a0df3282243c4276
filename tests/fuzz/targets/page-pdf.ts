/** PDF documents. */
import { pdfOf } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [pdfOf()]);
