/** MP3 recordings with ID3. */
import { mp3Of } from "../../support/sample-files.ts";
import { pageFile } from "../engine/page-file.ts";

export const target = pageFile(() => [mp3Of()]);
