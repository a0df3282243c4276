/** What each login cannot do. The lists are of statements that a program taken over would try, over the connection that the server itself uses. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase, type Role, sqlStateOf } from "../../../src/server/store/database.ts";
import { loginAddress, makeLogins } from "../../../src/server/store/logins.ts";
import { testPostgres } from "../../support/postgres.ts";
import { allRows } from "../../support/tables.ts";

const FORBIDDEN = "42501"; // insufficient_privilege
const ROLES = ["firsthand_intake", "firsthand_keeper", "firsthand_purger", "firsthand_auditor"] as const;
const postgres = testPostgres();
const roles = new Map<Role | "owner", Database>();
let dataDir: string;
let url: string;

beforeAll(async () => {
  url = await postgres.freshDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "fh-roles-"));
  const owner = openDatabase(url, { connections: 1 });
  roles.set("owner", owner);
  await owner.query(`
    insert into generation values (1, 'open');
    create table tip_part_1 partition of tip_part for values in (1);
    create table tip_seal_1 partition of tip_seal for values in (1);
    alter table tip_part_1 owner to firsthand_keeper;
    alter table tip_seal_1 owner to firsthand_keeper;
    insert into tip_part values (1, decode(repeat('01', 16), 'hex'), 1, 3, decode(repeat('02', 32), 'hex'), 3, false, 'body');
    insert into tip_seal values (1, decode(repeat('01', 16), 'hex'), decode(repeat('03', 32), 'hex'), decode(repeat('04', 32), 'hex'), 1, 3);
    insert into accepted values (1, decode(repeat('05', 16), 'hex'), decode(repeat('06', 32), 'hex'), decode(repeat('07', 32), 'hex'));
    insert into reply values (decode(repeat('0a', 32), 'hex'), decode(repeat('0b', 32), 'hex'), '2026-09-01', decode(repeat('0c', 4480), 'hex'));
    select make_item_partitions(n) from generate_series(1, 5) n;
    insert into tile values ('policies/' || repeat('0d', 32) || '.json', '{"days_after_acknowledgement":7,"days_at_most":90,"unacknowledged":"keep"}'),
                            ('policies/' || repeat('0e', 32) || '.json', '{"days_after_acknowledgement":7,"days_at_most":90,"unacknowledged":"destroy"}');
    insert into batch (batch, state, date, size, key_fingerprint, policy, acknowledged, purging)
      select n, state, '2026-09-01', 1, decode(repeat('0f', 32), 'hex'), decode(repeat(policy, 32), 'hex'), acknowledged, purging
      from (values (1, 'acknowledged', '0d', '2026-09-10', null), (2, 'acknowledged', '0d', '2026-09-10', '2026-09-16'), (3, 'sealed', '0d', null, '2027-09-01'),
                   (4, 'sealed', '0e', null, '2026-12-01'), (5, 'acknowledged', '0d', '2026-09-10', '2026-09-17'))
        as b (n, state, policy, acknowledged, purging);
    insert into item (batch, position, commitment, digest, length, parts, sha256)
      select n, 0, decode(repeat('06', 32), 'hex'), decode(repeat('07', 32), 'hex'), 3, 1, decode(repeat('02', 32), 'hex') from generate_series(1, 5) n;
    insert into item_part select n, 0, 1, 'ciphertext' from generate_series(1, 5) n;
    insert into leaf values (0, 'entry');
    insert into tile values ('tile/entries/000.p/1', 'tile');
    insert into log_state values ('checkpoint', 'signed');`);
  await makeLogins(owner, url, dataDir);
  for (const role of ROLES) roles.set(role, openDatabase(await loginAddress(dataDir, role), { role, connections: 1 }));
});
afterAll(async () => {
  for (const db of roles.values()) await db.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function outcomeOf(role: Role | "owner", statement: string): Promise<string> {
  try {
    await roles.get(role)!.query(statement);
    return "done";
  } catch (error) {
    return sqlStateOf(error) ?? "no SQLSTATE";
  }
}

async function expectForbidden(role: Role | "owner", statement: string): Promise<void> {
  const before = await allRows(roles.get("owner")!);
  expect(await outcomeOf(role, statement)).toBe(FORBIDDEN);
  expect(await allRows(roles.get("owner")!)).toEqual(before);
}

describe.each(ROLES)("the login of %s", (role) => {
  test.each([
    ...ROLES.filter((other) => other !== role).map((other) => `set role ${other}`),
    "set role firsthand",
    "set session authorization firsthand",
    "set session authorization default; set role firsthand",
    "reset role; set role firsthand",
    "reset session authorization; set role firsthand",
    "do $$ begin set local role firsthand; end $$",
    "grant firsthand_keeper to current_user",
    "alter role current_user superuser",
    "alter role firsthand password null",
    "create role mine",
    "create database mine",
    "create extension dblink",
    "alter system set archive_command = 'true'",
    "set session_replication_role = replica",
    "select pg_reload_conf()",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'firsthand'",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/mine'",
    "copy tile from '/etc/passwd'",
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('.')",
    "select lo_import('/etc/passwd')",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'hidden')",
    "create temporary table mine (x int)",
    "create schema mine",
    "update migration set sha256 = 'other'",
    "update leaf set bytes = 'other'",
    "delete from leaf",
  ])("cannot %s", async (statement) => {
    await expectForbidden(role, statement);
  });

  test("belongs to its role alone, whatever it was told to be", async () => {
    const db = roles.get(role)!;
    for (const statement of ["reset role", "set role none", "set session authorization default"]) {
      await db.query(statement);
      const granted = await db.query<{ name: string }>(
        "select rolname as name from pg_roles where pg_has_role(session_user, oid, 'MEMBER') and rolname <> session_user order by 1",
      );
      expect(granted.map(({ name }) => name)).toEqual(role === "firsthand_keeper" ? [role, "pg_checkpoint"] : [role]);
      expect(await outcomeOf(role, "set role firsthand")).toBe(FORBIDDEN);
    }
    await db.query(`set role ${role}`);
  });
});

test("the address of each login is a file for its own user, intake's for a group that its folder lets in, made once", async () => {
  const files = async () => Promise.all(ROLES.map((role) => loginAddress(dataDir, role)));
  const before = await files();
  await makeLogins(roles.get("owner")!, url, dataDir);
  expect(await files()).toEqual(before);
  expect((await readdir(join(dataDir, "logins"))).sort()).toEqual([...ROLES].sort());
  const modeOf = async (path: string): Promise<number> => (await stat(join(dataDir, path))).mode & 0o777;
  expect(await modeOf("logins")).toBe(0o700);
  for (const role of ROLES) expect(await modeOf(`logins/${role}`)).toBe(role === "firsthand_intake" ? 0o640 : 0o600);
});

test("a login without its password does not come in", async () => {
  for (const role of ROLES) {
    const guess = new URL(await loginAddress(dataDir, role));
    guess.password = "0".repeat(64);
    const db = openDatabase(guess.href, { role, connections: 1 });
    const refused: unknown = await db.query("select 1").catch((error: unknown) => error);
    expect(sqlStateOf(refused)).toBe("28P01");
    await db.close();
  }
});

describe("intake", () => {
  test.each([
    "select body from tip_part",
    "select body from tip_part_1",
    "select * from tip_part",
    "select count(*) from tip_part",
    "copy tip_part_1 to stdout",
    "update tip_part set body = 'other'",
    "delete from tip_part",
    "delete from tip_fact",
    "update tip_fact set length = 1",
    "truncate tip_part",
    "update tip_seal set parts = 2",
    "delete from tip_seal",
    "insert into accepted values (1, '', '', '')",
    "delete from accepted",
    "update generation set state = 'closing'",
    "insert into generation values (2, 'open')",
    "select from item_part",
    "select from item",
    "select from batch",
    "select from bundle",
    "select from leaf",
    "insert into leaf values (1, 'forged')",
    "insert into tile values ('forged', 'forged')",
    "update tile set bytes = 'forged'",
    "update log_state set value = 'forged'",
    "select from reply",
    "select count(*) from reply",
    "select body from reply where mailbox = decode(repeat('0a', 32), 'hex')",
    "copy reply to stdout",
    "select destroy_items(5)",
    "select drop_expired_replies('2999-01-01')",
    "select make_item_partitions(9)",
    "insert into reply values ('', '', '2026-09-01', '')",
    "update reply set expires = '2999-01-01'",
    "delete from reply",
    "truncate reply",
    "drop function read_mailbox(bytea, bytea[], text)",
    "insert into migration values ('', '')",
    "insert into policy_leaf values (1, 'forged')",
    "create table mine (x int)",
    "create temporary table mine (x int)",
    "create table tip_part_9 partition of tip_part for values in (9)",
    "drop table tip_part_1",
    "drop function forget_tip(int, bytea)",
    "create or replace function forget_tip(refused bytea) returns void language sql as 'select'",
    "drop function store_completions(int, bytea[], bytea[], bytea[], int[], bytea[], int[], bigint[])",
    "alter table leaf disable trigger leaf_only_grows",
    "checkpoint",
    "select pg_switch_wal()",
    "select pg_advisory_lock(1801807216)",
    "select pg_try_advisory_lock(1801807216)",
    "select pg_advisory_lock_shared(1801807216)",
    "select pg_advisory_xact_lock(1734700645)",
    "select pg_advisory_xact_lock_shared(1801807216)",
    "select pg_advisory_unlock_all()",
    "do $$ begin lock table tip_part in access exclusive mode; end $$",
    "do $$ begin lock table generation in access exclusive mode; end $$",
  ])("cannot %s", async (statement) => {
    await expectForbidden("firsthand_intake", statement);
  });

  test("takes the locks of its own work, and only until the transaction ends", async () => {
    await roles.get("firsthand_intake")!.transaction(async (connection) => {
      await connection.query("select enter_generation()");
      await connection.query("select lock_tip(7)");
      const held = await roles
        .get("owner")!
        .query(
          "select mode from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()) order by mode",
        );
      expect(held).toEqual([{ mode: "ExclusiveLock" }, { mode: "ShareLock" }]);
    });
    expect(
      await roles
        .get("owner")!
        .query(
          "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
        ),
    ).toEqual([]);
  });

  test("can read the facts of a part, and add one", async () => {
    expect(await outcomeOf("firsthand_intake", "select part, length, sha256, declared from tip_fact")).toBe("done");
    const added =
      "insert into tip_part values (1, decode(repeat('08', 16), 'hex'), 2, 3, decode(repeat('02', 32), 'hex'), null, false, 'b')";
    expect(await outcomeOf("firsthand_intake", added)).toBe("done");
  });

  test("can forget a tip that is not complete, and no other", async () => {
    const forget = (octet: string) => outcomeOf("firsthand_intake", `select forget_tip(1, decode(repeat('${octet}', 16), 'hex'))`);
    const tips = async () => (await roles.get("owner")!.query<{ tip: Buffer }>("select tip from tip_part")).map(({ tip }) => tip[0]);
    expect(await forget("08")).toBe("done");
    expect(await forget("01")).toBe("done");
    expect(await tips()).toEqual([1]);
  });
});

describe("intake and mailboxes", () => {
  const ask = async (mailbox: string, named: string): Promise<number> => {
    const statement = `select read_mailbox(decode(repeat('${mailbox}', 32), 'hex'), array[decode(repeat('${named}', 32), 'hex')], '2026-08-01')`;
    return (await roles.get("firsthand_intake")!.query(statement)).length;
  };

  test("reads one that it can name, and deletes only in that one", async () => {
    expect(await ask("0a", "00")).toBe(1);
    expect(await ask("ff", "0b")).toBe(0);
    expect(await ask("0a", "00")).toBe(1);
    expect(await ask("0a", "0b")).toBe(0);
    expect(await roles.get("owner")!.query("select from reply")).toEqual([]);
  });
});

describe("the keeper", () => {
  test.each([
    "update leaf set bytes = 'other'",
    "delete from leaf",
    "truncate leaf",
    "drop table leaf",
    "alter table leaf disable trigger leaf_only_grows",
    "drop trigger leaf_only_grows on leaf",
    "drop table item_1",
    "drop table item",
    "alter table item detach partition item_1",
    "delete from item_part",
    "delete from item_part_1",
    "truncate item_part",
    "update item_part set body = 'other'",
    "update item set length = 1",
    "alter table item_part owner to current_user",
    "create table item_9 partition of item for values in (9)",
    "select destroy_items(5)",
    "create or replace function destroy_items(of_batch int) returns void language sql as 'select'",
    "set role firsthand_items",
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
    "drop function enter_generation() cascade; drop table migration",
  ])("cannot %s", async (statement) => {
    await expectForbidden("firsthand_keeper", statement);
  });

  test("throws the write-ahead log away", async () => {
    for (const statement of ["checkpoint", "select pg_switch_wal()"]) expect(await outcomeOf("firsthand_keeper", statement)).toBe("done");
  });

  test("makes and drops partitions, and adds to the log", async () => {
    expect(await outcomeOf("firsthand_keeper", "create table tip_part_2 partition of tip_part for values in (2)")).toBe("done");
    expect(await outcomeOf("firsthand_keeper", "drop table tip_part_2")).toBe("done");
    expect(await outcomeOf("firsthand_keeper", "insert into leaf values (1, 'next')")).toBe("done");
  });
});

describe("the purger", () => {
  test.each([
    "select body from item_part",
    "select body from item_part_5",
    "copy item_part_5 to stdout",
    "select from item",
    "select from tip_part",
    "select from tip_seal",
    "select from accepted",
    "select from generation",
    "select from batch",
    "select from reply",
    "select from leaf",
    "delete from item_part",
    "delete from item where batch = 5",
    "drop table item_5",
    "truncate item_part_5",
    "delete from accepted",
    "delete from reply",
    "update batch set purging = '2026-09-17'",
    "update batch set state = 'purged'",
    "insert into item_part values (5, 1, 1, 'other')",
    "insert into accepted values (1, '', '', '')",
    "insert into leaf values (2, 'forged')",
    "insert into tile values ('forged', 'forged')",
    "select make_item_partitions(9)",
    "select read_mailbox('', '{}', '')",
    "select store_parts(1, '{}', '{}', '{}', '{}', '{}', false, 28, '')",
    "select forget_tip(1, '')",
    "select from inventory()",
    "select enter_generation()",
    "select pg_advisory_lock(1801807216)",
    "checkpoint",
    "set role firsthand_items",
    // A batch whose purge was not begun; begun a day too early; that nobody acknowledged, whatever the day; that there is not.
    "select destroy_items(1)",
    "select destroy_items(2)",
    "select destroy_items(3)",
    "select destroy_items(6)",
  ])("cannot %s", async (statement) => {
    await expectForbidden("firsthand_purger", statement);
  });

  test("destroys a batch that is due, whole and more than once, and no other", async () => {
    const { items, parts, accepted } = await leftOf();
    expect([items, parts, accepted]).toEqual(["1,2,3,4,5", "1,2,3,4,5", "05"]);
    await roles.get("owner")!.query("update accepted set batch = 5");
    for (const statement of ["select destroy_items(5)", "select destroy_items(5)", "select destroy_items(4)"]) {
      expect(await outcomeOf("firsthand_purger", statement)).toBe("done");
    }
    const left = await leftOf();
    expect([left.items, left.parts]).toEqual(["1,2,3", "1,2,3"]);
    expect(left.accepted).not.toBe("05");
    expect(await roles.get("owner")!.query("select to_regclass('item_5') as items, to_regclass('item_part_5') as parts")).toEqual([
      { items: null, parts: null },
    ]);
    expect(await roles.get("owner")!.query("select encode(commitment, 'hex') as c, encode(digest, 'hex') as d from accepted")).toEqual([
      { c: "06".repeat(32), d: "00".repeat(32) },
    ]);
  });

  test("deletes replies that have expired, and no others", async () => {
    const reply = (octet: string, day: string): string =>
      `insert into reply values (decode(repeat('${octet}', 32), 'hex'), decode(repeat('0b', 32), 'hex'), '${day}', decode(repeat('0c', 4480), 'hex'))`;
    await roles.get("owner")!.query(`delete from reply; ${reply("1a", "2026-09-01")}; ${reply("1b", "2026-09-02")}`);
    expect(await outcomeOf("firsthand_purger", "select drop_expired_replies('2026-09-01')")).toBe("done");
    expect(await roles.get("owner")!.query("select expires from reply")).toEqual([{ expires: "2026-09-02" }]);
  });

  async function leftOf(): Promise<Record<"items" | "parts" | "accepted", string>> {
    const [row] = await roles.get("owner")!.query<Record<"items" | "parts" | "accepted", string>>(
      `select (select string_agg(batch::text, ',' order by batch) from item) as items,
              (select string_agg(batch::text, ',' order by batch) from item_part) as parts,
              (select encode(substring(tip for 1), 'hex') from accepted) as accepted`,
    );
    return row!;
  }
});

describe("the auditor", () => {
  test.each([
    "select from tip_part",
    "select from tip_seal",
    "select from accepted",
    "select from reply",
    "select read_mailbox('', '{}', '')",
    "select store_parts(1, '{}', '{}', '{}', '{}', '{}', false, 28, '')",
    "select store_completions(1, '{}', '{}', '{}', '{1}', '{}', '{}', '{}')",
    "select from item",
    "select from item_part",
    "select destroy_items(5)",
    "select drop_expired_replies('2999-01-01')",
    "select from generation",
    "create or replace function inventory() returns int language sql as 'select 1'",
    "insert into leaf values (2, 'x')",
  ])("cannot %s", async (statement) => {
    await expectForbidden("firsthand_auditor", statement);
  });

  test("reads the log and the list of batches", async () => {
    for (const table of ["leaf", "tile", "log_state", "batch", "bundle"]) {
      expect(await outcomeOf("firsthand_auditor", `select from ${table}`)).toBe("done");
    }
  });

  test("counts what is stored of batches, which intake cannot", async () => {
    expect(await outcomeOf("firsthand_auditor", "select batch, items, whole from inventory()")).toBe("done");
    await expectForbidden("firsthand_intake", "select from inventory()");
  });
});

test("not even the owner of the database changes what the log says", async () => {
  for (const statement of ["update leaf set bytes = 'other'", "delete from leaf", "delete from leaf where false", "truncate leaf"]) {
    await expectForbidden("owner", statement);
  }
});
