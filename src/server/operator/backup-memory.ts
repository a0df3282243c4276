/** When there was a backup last: `DATA_DIR/backup.last`, canonical JSON `{day, size}`: a day number, and the entries of the log that are in it. For the doctor and the operator's watch. */
import { join } from "node:path";
import { formatJson, integer, parseJson, record } from "../../protocol/format/json.ts";
import { readIfThere, writeDurably } from "../store/durable-file.ts";

const LARGEST_DAY = 2_932_896;

const readLast = record({ day: integer(0, LARGEST_DAY), size: integer(0, Number.MAX_SAFE_INTEGER) });

/** The last backup that was finished. */
export type LastBackup = ReturnType<typeof readLast>;

function pathOf(dataDir: string): string {
  return join(dataDir, "backup.last");
}

/** Null if there has been none. */
export async function lastBackup(dataDir: string): Promise<LastBackup | null> {
  const bytes = await readIfThere(pathOf(dataDir));
  return bytes === null ? null : readLast(parseJson(bytes), "backup.last");
}

export async function rememberBackup(dataDir: string, { day, size }: LastBackup): Promise<void> {
  await writeDurably(pathOf(dataDir), formatJson({ day, size }));
}
