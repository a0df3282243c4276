/** JPEG pictures with EXIF and XMP in them. */
import { jpegOf } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [jpegOf(), jpegOf({ clean: true, turned: 1 })]);
