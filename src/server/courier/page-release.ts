/**
 * What the log says of the witness page that is served: the hash of its file list, the commit it was built from, the hash of its list of ingredients.
 * All three come from the build (`manifest.json` and `release.json` in PAGE_DIR); whoever builds the same commit gets the same hashes. And which log key the page
 * pins: the server does not serve a page that would refuse its receipts.
 */
import { join } from "node:path";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { parseVkey, type Vkey } from "../../protocol/crypto/note.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { hex, parseJson, type Reader, record } from "../../protocol/format/json.ts";
import type { PageLeaf } from "../../protocol/format/leaf.ts";
import { readIfThere } from "../store/durable-file.ts";

const vkey: Reader<string> = (value, where) => {
  if (typeof value !== "string") throw new Refusal("bad-field", where);
  return parseVkey(value).text;
};
const releaseRecord = record({ commit: hex(20), log: vkey, sbom: hex(32) });

/** `release.json` of a built page, or null if there is none. @throws {Refusal} `bad-settings` (PAGE_DIR) if it is not of this form: of an older build. */
async function readRelease(pageDir: string): Promise<ReturnType<typeof releaseRecord> | null> {
  const bytes = await readIfThere(join(pageDir, "release.json"));
  if (bytes === null) return null;
  try {
    return releaseRecord(parseJson(bytes), "release");
  } catch (error) {
    throw error instanceof Refusal ? new Refusal("bad-settings", "PAGE_DIR") : error;
  }
}

/**
 * Returns if the page in `pageDir` pins `log`, or does not say what it pins (no `release.json`: it is not from our build).
 * @throws {Refusal} `page-other-log`: its witnesses would refuse every receipt, and be frightened for nothing. `bad-settings`.
 */
export async function checkPageLog(pageDir: string, log: Vkey): Promise<void> {
  const release = await readRelease(pageDir);
  if (release !== null && release.log !== log.text) throw new Refusal("page-other-log");
}

/** The leaf of the page in `pageDir`, or null if there is no built page. */
export async function pageLeaf(pageDir: string, date: string): Promise<PageLeaf | null> {
  const manifest = await readIfThere(join(pageDir, "manifest.json"));
  const release = await readRelease(pageDir);
  if (manifest === null || release === null) return null;
  const { commit, sbom } = release;
  return { kind: "page", date, manifest: toHex(sha256(manifest)), commit, sbom };
}
