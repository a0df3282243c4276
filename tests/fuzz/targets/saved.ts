/** What stands before the envelope in the saved form. */
import { formatSavedHeader, parseSavedHeader } from "../../../src/protocol/format/saved.ts";
import { formatOfBytes } from "../engine/format.ts";

export const target = formatOfBytes(parseSavedHeader, formatSavedHeader, () => [formatSavedHeader(new Uint8Array(32).fill(7))], 40);
