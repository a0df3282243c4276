/** TIFF pictures, and EXIF, which is TIFF. */
import { exifOf } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [exifOf(), exifOf(1)]);
