/** `npm run build:reviewer` and `npm run build:server`: an archive (`reviewer.ts`, `server.ts`) into a folder, and its SHA-256. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BuiltArchive } from "./archive.ts";
import { writeReviewer } from "./reviewer.ts";
import { runCommand } from "./run-command.ts";
import { writeServer } from "./server.ts";

const HELP = `Usage: npm run build:reviewer [-- --out DIR] [-- --json]
       npm run build:server [-- --out DIR] [-- --json]

Builds the review machine's program, or the server's and the auditor's, with its own Node, as one archive;
prints its SHA-256.

  --out DIR  where it goes (default: dist/reviewer, dist/server)
  --json     print name, size and SHA-256 as JSON
`;

const ARCHIVES: Readonly<Record<string, (outDir: string) => Promise<BuiltArchive>>> = { reviewer: writeReviewer, server: writeServer };

interface Words {
  readonly archive: string;
  readonly out: string;
  readonly json: boolean;
  readonly help: boolean;
}

/** What the command was told; null if it was not understood. */
function readWords(words: readonly string[]): Words | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { out: { type: "string" }, json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    });
    const [archive = ""] = positionals;
    return positionals.length === 1 && archive in ARCHIVES ? { ...values, archive, out: values.out ?? `dist/${archive}` } : null;
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
  const archive = await ARCHIVES[told.archive]?.(resolve(told.out));
  if (archive === undefined) return 2;
  const { name, bytes, sha256 } = archive;
  process.stdout.write(told.json ? `${JSON.stringify({ name, size: bytes.length, sha256 })}\n` : `${sha256}  ${name}\n`);
  return 0;
});
