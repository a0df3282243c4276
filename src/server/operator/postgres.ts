/**
 * PostgreSQL as the doctor looks at it: whether it tells or keeps more than the server lets it, and whether roles may do what the migrations gave them and
 * nothing else. The embedded database is started with the right settings; this is for a database of one's own, and for what somebody changed by hand.
 *
 * Settings, and what they must be:
 *
 *     written down     log_statement none · log_min_duration_statement, log_min_duration_sample, log_autovacuum_min_duration -1 · log_duration,
 *                      log_connections, log_disconnections, log_lock_waits, log_replication_commands off · log_min_error_statement panic (or fatal) ·
 *                      log_parameter_max_length_on_error 0 · log_transaction_sample_rate 0 · no pg_stat_statements, auto_explain or pgaudit
 *     kept             track_commit_timestamp off · archive_mode off · wal_level not logical · wal_keep_size 0 · no replication slots
 *     on               fsync · synchronous_commit · full_page_writes
 *
 * Errors of PostgreSQL quote values of rows in their DETAIL, and `log_min_error_statement` alone does not silence it: `log_error_verbosity` must be terse, unless
 * `log_min_messages` is fatal or panic.
 */
import type { Connection } from "../store/database.ts";
import { type Finding, finding } from "./findings.ts";

/** Values that tell nothing; a setting that this PostgreSQL does not know tells nothing either. */
const QUIET: Readonly<Record<string, readonly string[]>> = {
  log_statement: ["none"],
  log_min_duration_statement: ["-1"],
  log_min_duration_sample: ["-1"],
  log_autovacuum_min_duration: ["-1"],
  log_duration: ["off"],
  // From version 18 a list; empty is off.
  log_connections: ["off", ""],
  log_disconnections: ["off"],
  log_lock_waits: ["off"],
  log_replication_commands: ["off"],
  log_min_error_statement: ["panic", "fatal"],
  log_parameter_max_length_on_error: ["0"],
  log_transaction_sample_rate: ["0"],
};

const FORGETFUL: Readonly<Record<string, readonly string[]>> = {
  track_commit_timestamp: ["off"],
  archive_mode: ["off"],
  wal_level: ["minimal", "replica"],
  wal_keep_size: ["0"],
};

const DURABLE = ["fsync", "synchronous_commit", "full_page_writes"];

/** Modules that write statements down. */
const TALKATIVE = /pg_stat_statements|auto_explain|pgaudit|pg_stat_monitor/;

/** What the settings give away. */
export async function lookAtSettings(db: Connection): Promise<Finding[]> {
  const rows = await db.query<{ name: string; setting: string }>("select name, setting from pg_settings");
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]));
  const other = (wanted: Readonly<Record<string, readonly string[]>>): string[] =>
    Object.entries(wanted).flatMap(([name, values]) => {
      const setting = settings.get(name);
      return setting === undefined || values.includes(setting) ? [] : [name];
    });
  const silent = ["fatal", "panic"].includes(settings.get("log_min_messages") ?? "");
  const talks = other(QUIET);
  if (!silent && settings.get("log_error_verbosity") !== "terse") talks.push("log_error_verbosity");
  if (TALKATIVE.test(settings.get("shared_preload_libraries") ?? "")) talks.push("shared_preload_libraries");
  const keeps = other(FORGETFUL);
  const [slots] = await db.query<{ count: number }>("select count(*)::int as count from pg_replication_slots");
  if ((slots?.count ?? 0) > 0) keeps.push("replication slots");
  const lazy = DURABLE.filter((name) => settings.get(name) === "off");
  return [
    ...(lazy.length > 0 ? [finding("database-not-durable", ...lazy)] : []),
    ...(talks.length > 0 ? [finding("database-talks", ...talks)] : []),
    ...(keeps.length > 0 ? [finding("database-keeps", ...keeps)] : []),
  ];
}

// Roles ----------------------------------------------------------------------------------------------------------------------------------------

/**
 * Everything that intake and the auditor may do, and what the keeper may do with the two tables that are not its own. Partitions stand as `<table>_n`.
 * A migration that grants something has its line here; a test holds the list against a new database.
 */
const GRANTED: readonly string[] = [
  "firsthand_auditor execute inventory",
  "firsthand_auditor execute refuse_change",
  "firsthand_auditor select batch",
  "firsthand_auditor select bundle",
  "firsthand_auditor select leaf",
  "firsthand_auditor select log_state",
  "firsthand_auditor select tile",
  "firsthand_intake execute enter_generation",
  "firsthand_intake execute forget_tip",
  "firsthand_intake execute lock_tip",
  "firsthand_intake execute read_mailbox",
  "firsthand_intake execute refuse_change",
  "firsthand_intake execute store_completions",
  "firsthand_intake execute store_parts",
  "firsthand_intake insert tip_part",
  "firsthand_intake insert tip_seal",
  "firsthand_intake select accepted",
  "firsthand_intake select generation",
  "firsthand_intake select log_state",
  "firsthand_intake select migration",
  "firsthand_intake select policy_leaf",
  "firsthand_intake select tile",
  "firsthand_intake select tip_fact",
  "firsthand_intake select tip_seal",
  "firsthand_keeper insert item",
  "firsthand_keeper insert item_part",
  "firsthand_keeper insert leaf",
  "firsthand_keeper select item",
  "firsthand_keeper select item_part",
  "firsthand_keeper select leaf",
  "firsthand_keeper select migration",
  "firsthand_purger execute destroy_items",
  "firsthand_purger execute drop_expired_replies",
  "firsthand_purger execute refuse_change",
];

const GRANTS = `
  with role (name) as (values ('firsthand_intake'), ('firsthand_purger'), ('firsthand_auditor')),
  relation as (
    select oid, relname, regexp_replace(relname, '^(tip_part|tip_seal|item|item_part)_[0-9]+$', '\\1_n') as name
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
  )
  select role.name || ' ' || lower(privilege) || ' ' || relation.name as line
    from role, relation, unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) as privilege
    where has_any_column_privilege(role.name, relation.oid, privilege)
  union select role.name || ' ' || lower(privilege) || ' ' || relation.name
    from role, relation, unnest(array['DELETE', 'TRUNCATE', 'TRIGGER']) as privilege
    where has_table_privilege(role.name, relation.oid, privilege)
  union select 'firsthand_keeper ' || lower(privilege) || ' ' || relation.name
    from relation, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) as privilege
    where relation.name in ('leaf', 'migration', 'item', 'item_part') and has_table_privilege('firsthand_keeper', relation.oid, privilege)
  union select 'firsthand_keeper ' || lower(privilege) || ' ' || relation.name
    from relation, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) as privilege
    where relation.name in ('item_n', 'item_part_n') and has_table_privilege('firsthand_keeper', relation.oid, privilege)
  union select role.name || ' execute ' || proname
    from role, pg_proc where pronamespace = 'public'::regnamespace and has_function_privilege(role.name, pg_proc.oid, 'EXECUTE')
  union select role.name || ' create public' from role where has_schema_privilege(role.name, 'public', 'CREATE')`;

/** Roles and logins of ours that may more than they should. `firsthand_keeper` may throw the write-ahead log away, a login takes its own role. */
const STRANGE_ROLES = `
  select rolname as name from pg_roles
    where rolname ~ '^firsthand_(intake|keeper|purger|items|auditor)(_[0-9a-f]{16})?$'
    and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or rolcanlogin <> (rolname ~ '_[0-9a-f]{16}$'))
  union select member.rolname from pg_auth_members m join pg_roles member on member.oid = m.member join pg_roles taken on taken.oid = m.roleid
    where member.rolname ~ '^firsthand_(intake|keeper|purger|items|auditor)(_[0-9a-f]{16})?$'
    and taken.rolname <> regexp_replace(member.rolname, '_[0-9a-f]{16}$', '')
    and not (member.rolname = 'firsthand_keeper' and taken.rolname = 'pg_checkpoint')
  order by 1`;

/** Whether roles may what they were made for. The database must have all migrations. */
export async function lookAtRoles(db: Connection): Promise<Finding[]> {
  const found: Finding[] = [];
  const strange = await db.query<{ name: string }>(STRANGE_ROLES);
  // The number of a login says which DATA_DIR it belongs to, and nothing to a reader.
  const roles = new Set(strange.map(({ name }) => name.replace(/_[0-9a-f]{16}$/, " (login)")));
  if (roles.size > 0) found.push(finding("roles-other", ...roles));
  const granted = (await db.query<{ line: string }>(GRANTS)).map(({ line }) => line);
  const differences = [
    ...granted.filter((line) => !GRANTED.includes(line)).map((line) => `+ ${line}`),
    ...GRANTED.filter((line) => !granted.includes(line)).map((line) => `- ${line}`),
  ];
  if (differences.length > 0) found.push(finding("grants-other", ...differences.sort()));
  const guards = await db.query(
    "select from pg_trigger where tgrelid = 'leaf'::regclass and tgname = 'leaf_only_grows' and tgenabled in ('O', 'A')",
  );
  if (guards.length === 0) found.push(finding("log-unguarded"));
  return found;
}
