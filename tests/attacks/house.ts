/** Copies of the house with one defence taken out of each, to tell the same story in. Processes that a story starts there run the altered source too. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Defence } from "./attack.ts";

const HOUSE = fileURLToPath(new URL("../../", import.meta.url));

/** What a story needs of the house. */
const ROOMS = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "migrations",
  "src",
  "tests/support",
  "tests/attacks",
  "tests/auditor",
  "tests/server/courier",
];

/** The source file `file` without this defence. @throws if the defence does not stand there exactly once, so that none can go stale. */
async function without({ file, before, after }: Defence): Promise<string> {
  const source = await readFile(join(HOUSE, file), "utf8");
  const pieces = source.split(before);
  if (pieces.length !== 2) throw new Error(`a defence stands ${String(pieces.length - 1)} times in ${file}, not once: ${before}`);
  return pieces.join(after);
}

/** Makes a copy of the house without this defence and returns its root. */
export async function houseWithout(defence: Defence): Promise<string> {
  const altered = await without(defence);
  const root = await mkdtemp(join(tmpdir(), "firsthand-attack-"));
  for (const room of ROOMS) {
    await mkdir(dirname(join(root, room)), { recursive: true });
    await cp(join(HOUSE, room), join(root, room), { recursive: true });
  }
  await symlink(join(HOUSE, "node_modules"), join(root, "node_modules"));
  await writeFile(join(root, defence.file), altered);
  return root;
}

/** Removes a copy. */
export async function leaveHouse(root: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
}
