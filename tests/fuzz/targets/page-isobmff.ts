/** HEIC pictures, films and recordings in ISO's boxes. */
import { heicOf, movieOf } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [heicOf(), movieOf(), movieOf("soun")]);
