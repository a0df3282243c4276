/** `npm run release`: makes a release (`release.ts`), checks one, or makes the key that signs them. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { noteSigner, parseVkey } from "../protocol/crypto/note.ts";
import { formatPrivateKey, isKeyName, parsePrivateKey } from "../protocol/crypto/private-key.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { Refusal } from "../protocol/errors.ts";
import { dayOf, formatDate } from "../protocol/format/date.ts";
import { checkRelease, makeRelease } from "./release.ts";
import { runCommand } from "./run-command.ts";

const HELP = `Usage: npm run release -- --key FILE [--out DIR] [--keys DIR] [--today DATE]
       npm run release -- --check DIR --vkey VKEY
       npm run release -- --new-key NAME --key FILE

Builds source, the review machine's archive and the server's twice, in two places, compares them, lists
their SHA-256 and signs the list (SHA256SUMS: a signed note, which "sha256sum --check" reads too).

  --key FILE      the key that signs: keep it off the network
  --out DIR       a new folder (default: dist/release)
  --keys DIR      public keys of a program (program.pgp, rewards.pgp, origin, log.vkey): builds its page too
  --today DATE    day for which the offline page is made, YYYY-MM-DD (default: today, UTC)
  --check DIR     check a release: the signature, and every file
  --vkey VKEY     the verifier key, or a file with it: from another place than the release
  --new-key NAME  make a key of this name in the new file FILE; prints its public half
`;

const SIGNS_NOTES = 1;

interface Words {
  readonly key?: string | undefined;
  readonly out: string;
  readonly keys?: string | undefined;
  readonly today?: string | undefined;
  readonly check?: string | undefined;
  readonly vkey?: string | undefined;
  readonly "new-key"?: string | undefined;
  readonly help: boolean;
}

/** What the command was told; null if it was not understood. */
function readWords(words: readonly string[]): Words | null {
  const one = { type: "string" } as const;
  try {
    const options = { key: one, keys: one, today: one, check: one, vkey: one, "new-key": one } as const;
    const { values } = parseArgs({
      args: [...words],
      options: { ...options, out: { type: "string", default: "dist/release" }, help: { type: "boolean", default: false } },
    });
    const understood = values.check === undefined ? values.key !== undefined && values.vkey === undefined : values.vkey !== undefined;
    return values.help || understood ? values : null;
  } catch {
    return null;
  }
}

await runCommand(async (words) => {
  const told = readWords(words);
  if (told === null || told.help) {
    (told === null ? process.stderr : process.stdout).write(HELP);
    return told === null ? 2 : 0;
  }
  if (told.check !== undefined) return check(resolve(told.check), told.vkey ?? "");
  const path = resolve(told.key ?? "");
  if (told["new-key"] !== undefined) return newKey(told["new-key"], path);
  const { name, seed } = await parsePrivateKey(await textOf(path), SIGNS_NOTES);
  const files = await makeRelease({
    outDir: resolve(told.out),
    signer: await noteSigner(name, seed),
    keysDir: told.keys === undefined ? null : resolve(told.keys),
    today: told.today ?? formatDate(dayOf(Date.now())),
    progress: (step) => process.stderr.write(`${step} …\n`),
  });
  for (const { path: file, sha256 } of files) process.stdout.write(`${sha256}  ${file}\n`);
  return 0;
});

async function check(folder: string, given: string): Promise<number> {
  const text = given.includes("+") ? given : (await textOf(resolve(given))).trimEnd();
  const files = await checkRelease(folder, parseVkey(text));
  process.stdout.write(`${String(files.length)} files are as they were signed.\n`);
  return 0;
}

async function newKey(name: string, path: string): Promise<number> {
  if (!isKeyName(name)) throw new Refusal("usage", "a name has no white space and no plus");
  const seed = randomBytes(32);
  await writeFile(path, await formatPrivateKey(name, SIGNS_NOTES, seed), { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw new Refusal("already-there", "--key");
    throw error;
  });
  process.stdout.write(`${(await noteSigner(name, seed)).vkey.text}\n`);
  return 0;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => {
    throw new Refusal("not-found", "the key's file");
  });
}
