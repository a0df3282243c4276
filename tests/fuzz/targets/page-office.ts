/** Office documents: ZIP, DEFLATE and XML. */
import { docxOf, odtOf, xlsxOf, zipOf } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [docxOf(), xlsxOf(), odtOf(), zipOf({ "[Content_Types].xml": "<Types/>" })], 12_000);
