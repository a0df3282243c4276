/**
 * What the log says of the witness page that is served: the hash of its file list, the commit it was built from, the hash of its list of ingredients.
 * All three come from the build (`manifest.json` and `release.json` in PAGE_DIR); whoever builds the same commit gets the same hashes.
 */
import { join } from "node:path";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { toHex } from "../../protocol/encoding.ts";
import { hex, parseJson, record } from "../../protocol/format/json.ts";
import type { PageLeaf } from "../../protocol/format/leaf.ts";
import { readIfThere } from "../store/durable-file.ts";

const readRelease = record({ commit: hex(20), sbom: hex(32) });

/** The leaf of the page in `pageDir`, or null if there is no built page. */
export async function pageLeaf(pageDir: string, date: string): Promise<PageLeaf | null> {
  const manifest = await readIfThere(join(pageDir, "manifest.json"));
  const release = await readIfThere(join(pageDir, "release.json"));
  if (manifest === null || release === null) return null;
  return { kind: "page", date, manifest: toHex(sha256(manifest)), ...readRelease(parseJson(release), "release") };
}
