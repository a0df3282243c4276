/**
 * What somebody finds who carries the server away: every file of its folder and of its database is searched for given bytes, and stored rows are read as they
 * are. For the demo only; nothing else reads the server's database from outside.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pg from "pg";

/** Folder of the embedded PostgreSQL's cluster: in the data folder, or, where root's data folder is closed to others, in /var/lib/firsthand. */
async function clusterOf(dataDir: string): Promise<string> {
  const inside = join(dataDir, "postgres", "cluster");
  if (existsSync(inside)) return inside;
  return join("/var/lib/firsthand", (await readFile(join(dataDir, "postgres.place"), "utf8")).trim(), "cluster");
}

/** The database as its owner: line 5 of `postmaster.pid` is the folder of its socket, and the password lies beside the cluster. */
async function connect(dataDir: string): Promise<pg.Client> {
  const cluster = await clusterOf(dataDir);
  const lines = (await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n");
  const password = (await readFile(join(dirname(cluster), "superuser"), "utf8")).trim();
  const client = new pg.Client({ host: lines[4] ?? "", user: "firsthand", password, database: "firsthand" });
  await client.connect();
  return client;
}

/** What lies in the database of one batch. */
export interface Loot {
  /** Items, real ones and decoys alike. */
  readonly items: number;
  /** A run of 32 bytes out of the stored body of the longest item's first part. */
  readonly sample: Buffer;
}

/** Looks at a batch that is there, and has PostgreSQL write everything to its files. */
export async function lookAtBatch(dataDir: string, batch: number): Promise<Loot> {
  const client = await connect(dataDir);
  try {
    const counted = await client.query<{ items: number }>("select count(*)::int as items from item where batch = $1", [batch]);
    const rows = await client.query<{ body: Buffer }>(
      `select body from item_part where batch = $1 and part = 1
       and position = (select position from item where batch = $1 order by length desc limit 1)`,
      [batch],
    );
    await client.query("checkpoint");
    const body = rows.rows[0]?.body;
    if (body === undefined || body.length < 1000) throw new Error("The longest item of the batch has no body.");
    return { items: counted.rows[0]?.items ?? 0, sample: Buffer.from(body.subarray(200, 232)) };
  } finally {
    await client.end();
  }
}

/** Files below the server's folders, besides programs, that hold `bytes`. Also says how many files were read. */
export async function searchServer(dataDir: string, bytes: readonly Buffer[]): Promise<{ files: number; found: string[] }> {
  const cluster = await clusterOf(dataDir);
  const found = new Set<string>();
  let files = 0;
  for (const root of new Set([dataDir, cluster])) {
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\/postgres-[^/]*(?:\/|$)/.test(entry.parentPath)) continue;
      const path = join(entry.parentPath, entry.name);
      const content = await readFile(path).catch(() => null);
      // Temporary files of a running database may be gone again.
      if (content === null) continue;
      files++;
      if (bytes.some((needle) => content.includes(needle))) found.add(path);
    }
  }
  return { files, found: [...found] };
}
