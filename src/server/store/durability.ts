/** A receipt says that a tip is on the disk. A PostgreSQL that answers before that makes every receipt a lie, so nothing is served over it. */
import { Refusal } from "../../protocol/errors.ts";
import type { Database } from "./database.ts";

/**
 * Returns if a commit of these connections is on the disk when PostgreSQL says that it is done. Parts are committed without that on purpose; what is looked at is the setting
 * that a completion is committed with.
 * @throws {Refusal} `bad-settings` if `synchronous_commit`, `fsync` or `full_page_writes` is off.
 */
export async function requireDurableCommits(db: Database): Promise<void> {
  const off = await db.query(
    "select from unnest(array['synchronous_commit', 'fsync', 'full_page_writes']) as name where current_setting(name) = 'off'",
  );
  if (off.length > 0) throw new Refusal("bad-settings", "DATABASE_URL");
}
