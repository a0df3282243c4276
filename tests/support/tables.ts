/** Everything in the database as text, to compare before and after. */
import type { Connection } from "../../src/server/store/database.ts";

/** Table names to their rows, as PostgreSQL writes rows, in one fixed order. */
export async function allRows(db: Connection): Promise<Record<string, string[]>> {
  const tables = await db.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migration' order by 1",
  );
  const all: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await db.query<{ row: string }>(`select t::text as row from ${name} t order by 1`);
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}
