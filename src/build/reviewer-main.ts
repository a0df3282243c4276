/** `npm run build:reviewer`: builds the review machine's archive (`reviewer.ts`) into a folder and prints its SHA-256. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Refusal } from "../protocol/errors.ts";
import { writeReviewer } from "./reviewer.ts";

const HELP = `Usage: npm run build:reviewer [-- --out DIR] [-- --json]

Builds the review machine's program, with its own Node, as one archive; prints its SHA-256.

  --out DIR  where it goes (default: dist/reviewer)
  --json     print name, size and SHA-256 as JSON
`;

interface Words {
  readonly out: string;
  readonly json: boolean;
  readonly help: boolean;
}

/** What the command was told; null if it was not understood. */
function readWords(words: readonly string[]): Words | null {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        out: { type: "string", default: "dist/reviewer" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch {
    return null;
  }
}

async function main(words: readonly string[]): Promise<number> {
  const told = readWords(words);
  if (told === null || told.help) {
    (told === null ? process.stderr : process.stdout).write(HELP);
    return told === null ? 2 : 0;
  }
  const { name, bytes, sha256 } = await writeReviewer(resolve(told.out));
  process.stdout.write(told.json ? `${JSON.stringify({ name, size: bytes.length, sha256 })}\n` : `${sha256}  ${name}\n`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
