/**
 * Logins: whom PostgreSQL believes a connection to be. The owner of the database runs the migrations and nothing else; all other work is done over a login
 * for each role, which can take that role and no other. So a connection of intake cannot become the keeper, by `reset role` or by anything else that can be said
 * over it; what it can do is what `migrations/` grants to `firsthand_intake`.
 *
 * For each role there is one file, `DATA_DIR/logins/<role>`, for its owner alone: the address of the database with the login's name and password. A process that only takes
 * tips in needs its own file and no other; that one may be read by the group too, if its folder lets the group in. The login's name has a random number that belongs to DATA_DIR: two servers that use one PostgreSQL for
 * two databases do not change each other's passwords, and a DATA_DIR beside the wrong database changes none.
 *
 * State: made by {@link makeLogins}, which only the owner can run, under an advisory lock; never changed. A login whose file is lost stays in PostgreSQL, and
 * nobody knows its password.
 */
import { join } from "node:path";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { fromUtf8, toHex, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type Connection, type Database, openDatabase, type Role } from "./database.ts";
import { FOR_INTAKE_TOO, readIfThere, writeDurably } from "./durable-file.ts";

const ROLES: readonly Role[] = ["firsthand_intake", "firsthand_keeper", "firsthand_purger", "firsthand_auditor"];

/** Key of the advisory lock on making logins: "logi" in ASCII. */
const LOGINS = 0x6c6f6769;

/** User and password of an address of ours. Nothing in them needs encoding. */
const LOGIN = /^postgres(?:ql)?:\/\/(firsthand_(?:intake|keeper|purger|auditor)_[0-9a-f]{16}):([0-9a-f]{64})@/;

interface Login {
  readonly name: string;
  readonly password: string;
}

function pathOf(dataDir: string, role: Role): string {
  return join(dataDir, "logins", role);
}

/**
 * Makes the logins that are not there yet, and writes down where they lead.
 * @param owner connects as the owner of the database, who may create roles. @param url the owner's address.
 * @throws {Fault} if the owner may not.
 */
export async function makeLogins(owner: Database, url: string, dataDir: string): Promise<void> {
  const session = await owner.connect();
  try {
    await session.query("select pg_advisory_lock($1)", [LOGINS]);
    for (const role of ROLES) {
      const path = pathOf(dataDir, role);
      const there = await readIfThere(path);
      const login = (there === null ? null : loginOf(fromUtf8(there))) ?? newLogin(role);
      const address = addressFor(url, login);
      // The file first: a login without one could never be used.
      const mode = role === "firsthand_intake" ? FOR_INTAKE_TOO : 0o600;
      if (there === null || fromUtf8(there) !== address) await writeDurably(path, utf8(address), mode);
      await makeLogin(session, role, login);
    }
  } finally {
    await session.query("select pg_advisory_unlock($1)", [LOGINS]).catch(() => undefined);
    session.release();
  }
}

/** The address over which `role` works. @throws {Refusal} `keys-missing` if {@link makeLogins} never ran over this DATA_DIR. */
export async function loginAddress(dataDir: string, role: Role): Promise<string> {
  const file = await readIfThere(pathOf(dataDir, role));
  if (file === null || loginOf(fromUtf8(file)) === null) throw new Refusal("keys-missing", `DATA_DIR/logins/${role}`);
  return fromUtf8(file);
}

/** Does a short piece of work over a connection of its own as `role`. @throws what {@link loginAddress} and `work` throw. */
export async function connectedAs<T>(dataDir: string, role: Role, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(await loginAddress(dataDir, role), { role, connections: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Whether an address is of a login that takes tips in and can do nothing else. */
export function isIntakeLogin(address: string): boolean {
  return loginOf(address)?.name.startsWith("firsthand_intake_") === true;
}

function newLogin(role: Role): Login {
  return { name: `${role}_${toHex(randomBytes(8))}`, password: toHex(randomBytes(32)) };
}

function loginOf(address: string): Login | null {
  const [, name, password] = LOGIN.exec(address) ?? [];
  return name === undefined || password === undefined ? null : { name, password };
}

/** The owner's address with another login. */
function addressFor(url: string, { name, password }: Login): string {
  const [scheme = "", rest = ""] = url.split("://");
  const authority = rest.slice(0, rest.search(/\/|$/));
  return `${scheme}://${name}:${password}@${authority.slice(authority.lastIndexOf("@") + 1)}${rest.slice(authority.length)}`;
}

/** Names and passwords are hexadecimal and words of ours: PostgreSQL takes no parameters here. What is there already is not written again. */
async function makeLogin(session: Connection, role: Role, { name, password }: Login): Promise<void> {
  const [there] = await session.query<{ granted: boolean; admitted: boolean }>(
    `select pg_has_role(oid, $2, 'SET') as granted, has_database_privilege(oid, current_database(), 'CONNECT') as admitted
     from pg_roles where rolname = $1`,
    [name, role],
  );
  const missing = [
    ...(there === undefined ? [`create role ${name} login password '${password}'`] : []),
    ...(there?.granted === true ? [] : [`grant ${role} to ${name} with inherit true, set true, admin false`]),
    ...(there?.admitted === true
      ? []
      : [`do $$ begin execute format('grant connect on database %I to ${name}', current_database()); end $$`]),
  ];
  // In one statement, and so in one transaction. Another database of this PostgreSQL may have had the login; a restored one has no grants of its own.
  if (missing.length > 0) await session.query(missing.join("; "));
}
