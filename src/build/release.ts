/**
 * A release: everything that leaves, built twice, compared, listed and signed.
 *
 *     <outDir>/firsthand-<version>.tar.gz                       the source, as `git archive` has it
 *     <outDir>/firsthand-reviewer-<version>-linux-x64.tar.gz    with its list of ingredients (.cdx.json)
 *     <outDir>/firsthand-server-<version>-linux-x64.tar.gz      likewise
 *     <outDir>/page/                                            the witness's page with the offline page, if there are keys to build it for
 *     <outDir>/SHA256SUMS                                       of every file above: a signed note (C2SP) that `sha256sum --check` reads too
 *
 * The first build is made where we stand; the second from the commit alone, in another folder, time zone, language and umask. If one byte differs nothing is released.
 * A page is its operator's own, with the keys of its program in it: a release without keys has none.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type NoteSigner, openNote, type Vkey } from "../protocol/crypto/note.ts";
import { Refusal } from "../protocol/errors.ts";
import { ROOT } from "./bundle.ts";

const run = promisify(execFile);
/** Output of a build's command, bytes at most. */
const OUTPUT = 16 << 20;
const SUMS = "SHA256SUMS";
/** Longest list of sums that is read, bytes. */
const LONGEST_SUMS = 1 << 20;

/** What a release is made for. */
export interface ReleaseSettings {
  /** A new folder. */
  readonly outDir: string;
  readonly signer: NoteSigner;
  /** Folder with the keys that the page is built for; null: no page. */
  readonly keysDir: string | null;
  /** The day for which the offline page is made, `YYYY-MM-DD`. */
  readonly today: string;
  readonly progress: (step: string) => void;
}

/** A file of a release. */
export interface ReleasedFile {
  /** Below the release's folder, with slashes. */
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Where a build is made, and under what circumstances. */
interface Workshop {
  readonly root: string;
  readonly out: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask: string;
}

/**
 * Makes a release of the commit that is checked out.
 * @throws {Refusal} `tree-not-clean`; `already-there`; `build-differs`, naming the file; what the builds refuse.
 */
export async function makeRelease({ outDir, signer, keysDir, today, progress }: ReleaseSettings): Promise<readonly ReleasedFile[]> {
  const version = await cleanVersion();
  if ((await readdir(outDir).catch(() => [])).length > 0) throw new Refusal("already-there", "the release's folder");
  const work = await mkdtemp(join(tmpdir(), "firsthand-release-"));
  try {
    const source = await sourceOf(version);
    const here = { root: ROOT, out: join(work, "here"), env: {}, umask: "022" };
    const there = { root: join(work, "some where else"), out: join(work, "there"), env: { TZ: "Asia/Urumqi", LC_ALL: "C" }, umask: "077" };
    await unpack(source, there.root);
    for (const workshop of [here, there]) {
      for (const archive of ["reviewer", "server"]) {
        progress(`building the ${archive}'s archive ${workshop === here ? "here" : "from the commit alone"}`);
        await build(workshop, ["src/build/archive-main.ts", archive, "--out", join(workshop.out, archive)]);
      }
      if (keysDir !== null) {
        progress(`building the page ${workshop === here ? "here" : "from the commit alone"}`);
        const env = { ...workshop.env, KEYS_DIR: keysDir, PAGE_DIR: join(workshop.out, "page") };
        await build({ ...workshop, env }, ["src/build/main.ts", "--today", today]);
      }
    }
    progress("comparing");
    await compare(here.out, there.out);

    progress("signing");
    await mkdir(outDir, { recursive: true });
    await writeFile(join(outDir, `firsthand-${version}.tar.gz`), await promisify(gzip)(source));
    for (const archive of ["reviewer", "server"]) {
      for (const name of await readdir(join(here.out, archive)))
        if (name !== SUMS) await cp(join(here.out, archive, name), join(outDir, name));
    }
    if (keysDir !== null) await cp(join(here.out, "page"), join(outDir, "page"), { recursive: true });
    const files = await filesOf(outDir);
    await writeFile(join(outDir, SUMS), await signer.sign(files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join("")));
    return files;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Checks a release: the signature on its sums, and every file against them.
 * @throws {Refusal} `bad-note`, `bad-signature`, `unknown-signer`; `digest-mismatch` for a file that is changed, missing or not listed, naming it.
 */
export async function checkRelease(folder: string, key: Vkey): Promise<readonly ReleasedFile[]> {
  const note = await readFile(join(folder, SUMS)).catch(() => {
    throw new Refusal("not-found", SUMS);
  });
  const { text } = await openNote(note, [key], LONGEST_SUMS);
  const files = await filesOf(folder);
  const listed = new Set(text.split("\n").filter((line) => line !== ""));
  for (const { path, sha256 } of files) if (!listed.delete(`${sha256}  ${path}`)) throw new Refusal("digest-mismatch", path);
  const [missing] = listed;
  if (missing !== undefined) throw new Refusal("digest-mismatch", missing.slice(66));
  return files;
}

/** The version of the commit that is checked out. Files that git does not know cannot matter: the second build has none. */
async function cleanVersion(): Promise<string> {
  try {
    const { stdout } = await run("git", ["status", "--porcelain", "--untracked-files=no"], { cwd: ROOT });
    if (stdout !== "") throw new Refusal("tree-not-clean");
    const { stdout: description } = await run("git", ["show", "HEAD:package.json"], { cwd: ROOT });
    return (JSON.parse(description) as { version: string }).version;
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("tree-not-clean");
  }
}

async function sourceOf(version: string): Promise<Buffer> {
  const words = ["archive", "--format=tar", `--prefix=firsthand-${version}/`, "HEAD"];
  const { stdout } = await run("git", words, { cwd: ROOT, encoding: "buffer", maxBuffer: 1 << 30 });
  return stdout;
}

/** The source in a folder of its own, with the packages that are installed here. */
async function unpack(source: Buffer, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}.tar`, source);
  await run("tar", ["--extract", "--strip-components=1", "--file", `${folder}.tar`, "--directory", folder]);
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

async function build({ root, env, umask }: Workshop, words: readonly string[]): Promise<void> {
  const command = `umask ${umask} && exec "$@"`;
  const settings = { cwd: root, env: { ...process.env, ...env }, maxBuffer: OUTPUT };
  try {
    await run("sh", ["-c", command, "sh", process.execPath, "--preserve-symlinks", ...words], settings);
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    throw new Error(`a build did not succeed: ${said}`, { cause: error });
  }
}

/** `release.json` names the commit, which a folder outside a repository does not know; it is no part of the page. */
async function compare(one: string, other: string): Promise<void> {
  const [here, there] = [await filesOf(one), await filesOf(other)].map((files) =>
    files.filter(({ path }) => path !== "page/release.json").map(({ path, sha256 }) => `${sha256}  ${path}`),
  );
  const different = here?.find((line) => !there?.includes(line)) ?? there?.find((line) => !here?.includes(line));
  if (different !== undefined) throw new Refusal("build-differs", different.slice(66));
}

/** Every file below a folder but the sums of the folder itself, in the order of their paths. */
async function filesOf(folder: string): Promise<ReleasedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => path !== SUMS)
    .sort();
  return Promise.all(
    paths.map(async (path) => ({
      path,
      sha256: createHash("sha256")
        .update(await readFile(join(folder, path)))
        .digest("hex"),
    })),
  );
}
