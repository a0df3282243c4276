/**
 * Builds the witness's page: static files that are the same for everyone, and the same whoever builds them.
 *
 *     <outDir>/<language>/index.html one file for each language, with all its words
 *     <outDir>/assets/page.js        one script for all languages and all sites
 *     <outDir>/assets/page.css
 *     <outDir>/assets/words-*.js     the lists of words besides English, loaded when a witness picks one
 *     <outDir>/manifest.json         canonical JSON: path -> SHA-256 of each file above; its own hash stands in the log
 *     <outDir>/release.json          commit and list of ingredients, for the log; no part of the page
 *
 * Writing and sending a tip takes four requests: the document, script, style and `/keys.pgp`. Nothing here depends on where, when or by whom it is built: no
 * absolute path, date or environment goes in, and the list of files is sorted.
 *
 * The OpenPGP library comes in its `lightweight` form, whose rarely used parts are separate files; those that this program never reaches are replaced by a
 * module that throws. What is kept: ML-KEM, SHA-3. What is not: Argon2, bzip2, old ciphers, curves and elliptic curves in JavaScript (X25519 and Ed25519
 * are the platform's; the page tries both before it opens the form).
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import { formatDocument } from "../page/document/document.ts";
import { LANGUAGES } from "../page/locales/languages.ts";
import { formatJson } from "../protocol/format/json.ts";

/** What a page is built for. */
export interface PageSettings {
  /** Fingerprints of the primary keys, 64 hexadecimal digits. */
  readonly programFingerprint: string;
  readonly rewardsFingerprint: string;
  /** Origin of the log. */
  readonly origin: string;
  /** The secrets of these keys are public: the page says so on top. */
  readonly demo: boolean;
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
  /** Source files that went into the script, from the top of the repository, sorted. */
  readonly sources: readonly string[];
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Browsers with Ed25519 and X25519 in WebCrypto; Tor Browser 15 is Firefox 140. */
const TARGET = ["firefox140", "chrome137"];

const NOTICE =
  "/* Firsthand, the witness's page. Contains OpenPGP.js (@protontech/openpgp, LGPL-3.0-or-later), noble-hashes and scure-bip39 (MIT), in the versions of package-lock.json. */";

/** Lists that are files of their own. */
const SEPARATE_LISTS = ["simplified-chinese", "traditional-chinese", "korean"];

/**
 * The OpenPGP library's separate parts, and what the page has instead: nothing for most, and for two of them only what is used. (A part is loaded by `import()`,
 * in which a bundler cannot tell what is used; so these two are bundled by themselves first.)
 */
const LIBRARY = "node_modules/openpgp/dist/lightweight";
const LIBRARY_MAIN = join(ROOT, LIBRARY, "openpgp.mjs");

/**
 * Functions of the library that the page never reaches, by their names in the pinned version. The page does two things with it: it reads and verifies binary
 * certificates, and it wraps a session key. It does not decrypt, sign, generate, lock, compress or armour, so those functions throw instead, and the bundler
 * drops what only they use: a tenth of the page.
 */
const UNREACHED = [
  ...[
    "publicKeyDecrypt",
    "parsePrivateKeyParams",
    "parseEncSessionKeyParams",
    "generateParams",
    "validateParams",
    "sign$1",
    "newS2KFromType",
  ],
  ...["EAX", "OCB", "GCM", "runAEAD", "armor", "unarmor"],
];

const LIBRARY_PARTS: Readonly<Record<string, string | null>> = {
  argon2id: null,
  legacy_ciphers: null,
  "nacl-fast": null,
  noble_curves: null,
  "unbzip2-stream": null,
  noble_hashes: 'import { sha3_256 } from "@noble/hashes/sha3.js"; export const nobleHashes = new Map([["sha3_256", sha3_256]]);',
  noble_post_quantum: 'export { ml_kem768 } from "ml-kem";',
};

/** Builds the page into `settings.outDir` and returns what it wrote. */
export async function buildPage(settings: PageSettings): Promise<BuiltPage> {
  const style = await bundle("src/page/page.css", []);
  const script = await bundle("src/page/main.ts", [lightweightLibrary(), separateLists()], NOTICE);
  const contents = new Map<string, string>([
    ["assets/page.css", style.text],
    ["assets/page.js", script.text],
  ]);
  for (const list of SEPARATE_LISTS) {
    const words = await bundle(`node_modules/@scure/bip39/wordlists/${list}.js`, []);
    contents.set(`assets/words-${list}.js`, words.text);
  }
  const integrity = { script: integrityOf(script.text), style: integrityOf(style.text) };
  const pinned = { program: settings.programFingerprint, rewards: settings.rewardsFingerprint, origin: settings.origin };
  for (const language of LANGUAGES) {
    contents.set(`${language.tag}/index.html`, formatDocument(language, LANGUAGES, { pinned, demo: settings.demo, integrity }));
  }
  const files = await writeAll(settings.outDir, contents);
  const list = createHash("sha256").update(listOf(files)).digest("hex");
  return { files, list, sources: sourcesOf(script.metafile) };
}

/** The same whoever builds: nothing from the environment, and no path of this machine. */
const SETTINGS = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false as const,
  minify: true,
  charset: "utf8" as const,
  format: "esm" as const,
  platform: "browser" as const,
  target: TARGET,
  legalComments: "none" as const,
  tsconfigRaw: { compilerOptions: { target: "es2022", verbatimModuleSyntax: true } },
  logLevel: "silent" as const,
  nodePaths: [],
} satisfies BuildOptions;

async function bundle(entry: string, plugins: Plugin[], notice = ""): Promise<{ text: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    ...SETTINGS,
    entryPoints: [entry],
    metafile: true,
    plugins,
    banner: notice === "" ? {} : { js: notice },
  });
  const [output] = outputFiles;
  if (output === undefined || outputFiles.length !== 1) throw new Error(`${entry} did not become one file`);
  return { text: output.text, metafile };
}

function lightweightLibrary(): Plugin {
  return {
    name: "lightweight-openpgp",
    setup(plugins) {
      plugins.onResolve({ filter: /^openpgp$/ }, () => ({ path: LIBRARY_MAIN }));
      plugins.onLoad({ filter: /openpgp\.mjs$/, namespace: "file" }, async ({ path }) =>
        path === LIBRARY_MAIN ? { contents: withoutUnreached(await readFile(path, "utf8")), loader: "js" } : null,
      );
      plugins.onResolve({ filter: /^\.\/[a-z0-9_-]+\.mjs$/ }, ({ path, importer }) => {
        const part = path.slice(2, -".mjs".length);
        return importer === LIBRARY_MAIN && Object.hasOwn(LIBRARY_PARTS, part) ? { path: part, namespace: "part" } : null;
      });
      plugins.onLoad({ filter: /.*/, namespace: "part" }, async ({ path }) => {
        const kept = LIBRARY_PARTS[path] ?? null;
        if (kept === null) return { contents: 'throw new Error("not in the page"); export {};', loader: "js" };
        const part = await build({ ...SETTINGS, stdin: { contents: kept, resolveDir: ROOT }, plugins: [mlKem()] });
        return { contents: part.outputFiles[0]?.text ?? "", loader: "js" };
      });
    },
  };
}

/** The library's text with {@link UNREACHED} functions emptied. Throws a bug if one of them is not there exactly once: then this list is for another version. */
function withoutUnreached(text: string): string {
  return UNREACHED.reduce((rest, name) => {
    const definition = new RegExp(`^(?:async )?function ${name.replace("$", "\\$")}\\(.*?^\\}$`, "gms");
    if ([...rest.matchAll(definition)].length !== 1) throw new Error(`the library has no function ${name}`);
    return rest.replace(definition, () => `function ${name}() { throw new Error("not in the page"); }`);
  }, text);
}

/** The library's file of post-quantum algorithms up to the end of ML-KEM; what follows is ML-DSA, which nobody here uses. */
function mlKem(): Plugin {
  return {
    name: "ml-kem",
    setup(plugins) {
      plugins.onResolve({ filter: /^ml-kem$/ }, ({ path }) => ({ path, namespace: "ml-kem" }));
      plugins.onLoad({ filter: /.*/, namespace: "ml-kem" }, async () => {
        const whole = await readFile(join(ROOT, LIBRARY, "noble_post_quantum.mjs"), "utf8");
        const ends = /^const ml_kem768 = .*?^\}\);\n/ms.exec(whole);
        if (ends === null) throw new Error("the library's file of post-quantum algorithms is not as expected");
        return { contents: `${whole.slice(0, ends.index)}${ends[0]}export { ml_kem768 };`, loader: "js" };
      });
    },
  };
}

function separateLists(): Plugin {
  return {
    name: "separate-word-lists",
    setup(plugins) {
      plugins.onResolve({ filter: /^@scure\/bip39\/wordlists\/[a-z-]+\.js$/ }, ({ path }) => {
        const name = /([a-z-]+)\.js$/.exec(path)?.[1] ?? "";
        return SEPARATE_LISTS.includes(name) ? { path: `./words-${name}.js`, external: true } : null;
      });
    },
  };
}

function integrityOf(text: string): string {
  return `sha384-${createHash("sha384").update(text).digest("base64")}`;
}

function sourcesOf(metafile: Metafile): string[] {
  return Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith("part:"))
    .map((path) => relative(ROOT, join(ROOT, path)).split(sep).join("/"))
    .sort();
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
  await put(join(outDir, "release.json"), formatJson(await release()));
  return files;
}

function listOf(files: readonly BuiltFile[]): Uint8Array {
  return formatJson(Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])));
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

/** The commit that is checked out (zeros outside a repository), and the hash of the list of ingredients. */
async function release(): Promise<{ commit: string; sbom: string }> {
  const lock = await readFile(join(ROOT, "package-lock.json"));
  const sbom = createHash("sha256").update(lock).digest("hex");
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: ROOT });
    return { commit: /^[0-9a-f]{40}$/.test(stdout.trim()) ? stdout.trim() : "0".repeat(40), sbom };
  } catch {
    return { commit: "0".repeat(40), sbom };
  }
}
