/**
 * What identifies a waiting tip stands nowhere in the files of the database: not its id, not its commitment, not its hashes. PostgreSQL's WAL keeps the order of
 * arrival; with these in it, whoever takes the disk could put the items of a published batch in that order and tell tips from decoys.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bytes, concat } from "../../../src/protocol/bytes.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromHex, toHex } from "../../../src/protocol/encoding.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, sendTip, testKeys, type TestServer } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
});
afterAll(async () => {
  await server.remove();
});

/** Whether each value is in some file of the cluster, as bytes or as hexadecimal. */
async function areStored(values: readonly Bytes[]): Promise<boolean[]> {
  const cluster = openDatabase(await postgres.emptyDatabase(), { connections: 1 });
  await cluster.query("checkpoint");
  const [row] = await cluster.query<{ data_directory: string }>("show data_directory");
  await cluster.close();
  const found = values.map(() => false);
  for (const entry of await readdir(row?.data_directory ?? "", { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (const [index, value] of values.entries()) {
      if (bytes.includes(Buffer.from(value)) || bytes.includes(toHex(value))) found[index] = true;
    }
  }
  return found;
}

test("ids, commitments and hashes of waiting tips are in no file of the database", async () => {
  const planted = randomBytes(32);
  await server.context.db.execute("insert into log_state (name, value) values ('planted', $1)", [planted]);

  const identifying: Bytes[] = [];
  for (const size of [65_536, 1_048_576]) {
    const tip = await makeTip(keys.get().program, size);
    await sendTip(server.app, tip);
    identifying.push(fromHex(tip.id), tip.commitment, tip.digest, ...tip.parts.map((part) => sha256(part)), sha256(concat(...tip.parts)));
  }
  expect(identifying.length).toBeGreaterThan(8);
  expect(await areStored([planted, ...identifying])).toEqual([true, ...identifying.map(() => false)]);
});
