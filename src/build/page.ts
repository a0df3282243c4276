/**
 * Builds the witness's page: static files that are the same for everyone, and the same whoever builds them.
 *
 *     <outDir>/<language>/index.html one file for each language, with all its words
 *     <outDir>/assets/page.js        one script for all languages and all sites
 *     <outDir>/assets/page.css
 *     <outDir>/assets/words-*.txt    the lists of words: a page has its own in the document and loads another when one is picked
 *     <outDir>/<language>/send-file/ and received/ and refused/: the way without a script
 *     <outDir>/offline/firsthand.html the whole page as one file to be saved (`offline.ts`)
 *     <outDir>/assets/files.js       what looks into files, loaded by every witness who comes to that step: nobody can tell from it who chooses one
 *     <outDir>/assets/return*        what a witness needs who comes back: a script, and its words in each language
 *     <outDir>/manifest.json         canonical JSON: path -> SHA-256 of each file above; its own hash stands in the log
 *     <outDir>/ingredients.cdx.json  CycloneDX: the packages whose code is in it; no part of the page
 *     <outDir>/release.json          commit and hash of the list of ingredients, for the log, and the log key that is pinned, for the server; no part of the page
 *
 * Writing and sending a tip takes four requests: the document, script, style and `/keys.pgp`. Nothing here depends on where or by whom it is built, and only
 * the offline page on when, by a day that is given: no absolute path, clock or environment goes in, and the list of files is sorted.
 *
 * What is built keeps WEBCAT's rules for a static site (`tests/page/webcat.test.ts`): everything that runs is a file on the list, and the list is canonical. It is
 * not enrolled there.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { formatDocument, type PinnedLog } from "../page/document/document.ts";
import { formatPlainPages } from "../page/document/plain.ts";
import { LANGUAGES } from "../page/locales/languages.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { parseVkey } from "../protocol/crypto/note.ts";
import { toBase64 } from "../protocol/encoding.ts";
import { formatJson } from "../protocol/format/json.ts";
import type { Program } from "../protocol/format/program.ts";
import { type Bundle, bundleAlone, bundleScript, ROOT, SEPARATE_PARTS } from "./bundle.ts";
import { formatIngredients, ingredientsOf } from "./ingredients.ts";
import { buildOffline, OFFLINE_PATH } from "./offline.ts";
import { wordLists } from "./word-lists.ts";

/** What a page is built for. */
export interface PageSettings {
  /** Fingerprints of the primary keys, 64 hexadecimal digits. */
  readonly programFingerprint: string;
  readonly rewardsFingerprint: string;
  /** Whole certificates, binary: the offline page carries their coming epochs. */
  readonly program: Bytes;
  readonly rewards: Bytes;
  /** The day for which the offline page is made, `YYYY-MM-DD`, UTC. */
  readonly today: string;
  /** Verifier key of the log. */
  readonly log: string;
  /** The secrets of these keys are public: the page says so on top. */
  readonly demo: boolean;
  /** The rewards program, whose words the page shows; null if none is configured: then it says that nothing is on offer. */
  readonly configured: Program | null;
  /** Emptied first. */
  readonly outDir: string;
}

/** A file that was built. */
export interface BuiltFile {
  /** Below `outDir`, with slashes. */
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  /** Size as it travels compressed. */
  readonly gzip: number;
}

/** What was built. */
export interface BuiltPage {
  /** In the order of their paths. */
  readonly files: readonly BuiltFile[];
  /** SHA-256 of `manifest.json`, hexadecimal: what the log names. */
  readonly list: string;
  /** Source files that went into the scripts, from the top of the repository, sorted. */
  readonly sources: readonly string[];
}

/** Builds the page into `settings.outDir` and returns what it wrote. */
export async function buildPage(settings: PageSettings): Promise<BuiltPage> {
  const style = await bundleAlone("src/page/page.css");
  const script = await bundleScript("src/page/main.ts", { parts: false });
  const contents = new Map<string, string>([
    ["assets/page.css", style.text],
    ["assets/page.js", script.text],
  ]);
  const lists = await wordLists();
  for (const [list, words] of lists) contents.set(`assets/words-${list}.txt`, words);
  const scripts = [script];
  for (const [name, entry] of Object.entries(SEPARATE_PARTS)) {
    const part = await bundleAlone(entry);
    contents.set(`assets/${name}.js`, part.text);
    scripts.push(part);
  }
  const integrity = { script: integrityOf(script.text), style: integrityOf(style.text) };
  const pinned = { program: settings.programFingerprint, rewards: settings.rewardsFingerprint, log: pinnedLog(settings.log) };
  const { demo, configured, program, rewards, today } = settings;
  for (const language of LANGUAGES) {
    contents.set(`assets/return-${language.tag}.json`, JSON.stringify(language.returning));
    contents.set(
      `${language.tag}/index.html`,
      formatDocument(language, LANGUAGES, { pinned, demo, program: configured, integrity, words: lists.get(language.wordList) ?? "" }),
    );
    for (const [folder, page] of formatPlainPages(language, LANGUAGES, { demo, program: configured, style: integrity.style })) {
      contents.set(`${language.tag}/${folder}/index.html`, page);
    }
  }
  contents.set(OFFLINE_PATH, await buildOffline({ pinned, demo, configured, style: style.text, program, rewards, today }));
  const sources = [...new Set(scripts.flatMap(sourcesOf))].sort();
  const files = await writeAll(settings.outDir, contents);
  const ingredients = formatIngredients({ name: "firsthand-page", version: await version() }, await ingredientsOf(sources));
  await put(join(settings.outDir, "ingredients.cdx.json"), Buffer.from(ingredients, "utf8"));
  const sbom = createHash("sha256").update(ingredients).digest("hex");
  await put(join(settings.outDir, "release.json"), formatJson({ commit: await commit(), log: settings.log, sbom }));
  const list = createHash("sha256").update(listOf(files)).digest("hex");
  return { files, list, sources };
}

function pinnedLog(vkey: string): PinnedLog {
  const { name, id, publicKey } = parseVkey(vkey);
  return { name, id, key: toBase64(publicKey) };
}

function integrityOf(text: string): string {
  return `sha384-${createHash("sha384").update(text).digest("base64")}`;
}

function sourcesOf({ metafile }: Bundle): string[] {
  return Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith("part:"))
    .map((path) => relative(ROOT, join(ROOT, path)).split(sep).join("/"));
}

async function writeAll(outDir: string, contents: ReadonlyMap<string, string>): Promise<BuiltFile[]> {
  await rm(outDir, { recursive: true, force: true });
  const files: BuiltFile[] = [];
  for (const path of [...contents.keys()].sort()) {
    const bytes = Buffer.from(contents.get(path) ?? "", "utf8");
    await put(join(outDir, path), bytes);
    files.push({
      path,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      size: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
    });
  }
  await put(join(outDir, "manifest.json"), listOf(files));
  return files;
}

function listOf(files: readonly BuiltFile[]): Uint8Array {
  return formatJson(Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])));
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function version(): Promise<string> {
  return (JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
}

/** The commit that is checked out; zeros outside a repository. */
async function commit(): Promise<string> {
  const none = "0".repeat(40);
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: ROOT });
    return /^[0-9a-f]{40}$/.test(stdout.trim()) ? stdout.trim() : none;
  } catch {
    return none;
  }
}
