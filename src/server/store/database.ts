/**
 * PostgreSQL as the server uses it: a pool of connections in one role, transactions, and binary reading of bodies.
 *
 * - Nothing that PostgreSQL says about an error leaves this module but its SQLSTATE: messages and details quote values.
 * - `pg` sends a Buffer in binary but gets every result as text, a bytea as hexadecimal at twice its size; rows with bodies are therefore read with
 *   `COPY … TO STDOUT (FORMAT binary)`, measured 8 to 12 times faster and in steady memory.
 * - `bigint` comes as a number; beyond 2^53-1 it is a bug.
 */
import pg from "pg";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { asBytes, type Bytes, readInteger, type Source } from "../../protocol/bytes.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";

/** The roles that the migrations make and programs work in. `keeper` is everything but changing the log and destroying what was sealed; see migrations/. `logins.ts` makes the logins that take them. */
export type Role = "firsthand_intake" | "firsthand_keeper" | "firsthand_purger" | "firsthand_auditor";

/** A value for a `$1` in a statement. */
export type SqlValue =
  string | number | boolean | null | Uint8Array | readonly (number | null)[] | readonly string[] | readonly Uint8Array[];

/** Something that runs statements. */
export interface Connection {
  /** The rows of a statement. @throws {Fault} whose {@link sqlStateOf} says what PostgreSQL refused. */
  query<Row>(statement: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /** How many rows a statement changed. @throws {Fault} as `query`. */
  execute(statement: string, values?: readonly SqlValue[]): Promise<number>;
  /**
   * Rows of `select`, each column as PostgreSQL's binary form (bytea: its bytes; int: network order) or null. COPY takes no parameters, so `select`
   * is built by the caller from integers and hexadecimal only. One row in memory at a time.
   */
  copyRows(select: string): AsyncGenerator<(Bytes | null)[], void, undefined>;
}

/** One connection for as long as it is held. */
export interface Session extends Connection {
  /** Rows of `select` as they come, in PostgreSQL's binary format: what {@link Session.copyIn} takes. */
  copyOut(select: string): AsyncGenerator<Bytes, void, undefined>;
  /** Adds rows as {@link Session.copyOut} gave them. `into` is a table and its columns. @throws {Fault}, and what `rows` throws. */
  copyIn(into: string, rows: Source): Promise<void>;
}

/** A transaction that is under way. */
export interface Transaction extends Session {
  /**
   * The rows of its last statement: the end of the transaction is sent together with it, in one way there and back. The rows are not on the disk before the transaction has
   * returned. Nothing may be asked or thrown after it.
   */
  readonly last: <Row>(statement: string, values?: readonly SqlValue[]) => Promise<Row[]>;
}

/** A pool of connections. As a {@link Connection}, each statement runs by itself on any of them. */
export interface Database extends Connection {
  /**
   * Runs `work` in one transaction (read committed) and commits if it returns; rolls back if it throws, and throws the same again.
   * @param first statements that are sent together with the beginning, in one way there and back; `work` waits for the rows of the last. They take no values: the
   * caller builds them from integers only. In a database that `pipelines`, what `work` asks before it waits goes the same way.
   */
  transaction<T>(work: (connection: Transaction, rows: Promise<readonly unknown[]>) => Promise<T>, first?: readonly string[]): Promise<T>;
  /** One connection for a longer time, with its session locks. */
  connect(): Promise<Session & { release(): void }>;
  /** Ends all connections. Repeated calls do nothing. */
  close(): Promise<void>;
}

/** What a database is opened with. */
export interface DatabaseOptions {
  /** Role of every connection; the login's own if absent (for migrations). */
  readonly role?: Role;
  /** Most connections at once. */
  readonly connections?: number;
  /** Whether a statement is sent before the one before it is answered. Such a database cannot `copyRows`. */
  readonly pipelines?: boolean;
  /** Called when an idle connection breaks. */
  readonly lost?: () => void;
}

/**
 * In a role, every statement that can goes by an index. A table here is empty, then full within a day, and PostgreSQL plans by what it last knew: it went on
 * reading whole tables for each part and each item.
 */
const BY_INDEX = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";

pg.types.setTypeParser(pg.types.builtins.INT8, safeInteger);

/** A pool for a `postgresql:` address. Connects with the first statement. */
export function openDatabase(url: string, { role, connections = 10, pipelines = false, lost }: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 60_000,
    application_name: "firsthand",
    pipeline: pipelines,
    ...(role === undefined ? {} : { options: `-c role=${role} ${BY_INDEX}` }),
  });
  pool.on("error", () => lost?.());
  // A connection that breaks while somebody has it: its next statement says so.
  pool.on("connect", (client) => client.on("error", () => undefined));
  let closed = false;

  const borrow = async (): Promise<pg.PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      throw broken(error);
    }
  };
  const connect = async (): Promise<Session & { release(): void }> => {
    const client = await borrow();
    return {
      ...over(client),
      release: () => {
        client.release();
      },
    };
  };

  const transaction: Database["transaction"] = async (work, first = []) => {
    const client = await borrow();
    let usable = false;
    try {
      const rows = run(client, ["begin", ...first].join("; ")).then((begun: unknown) => {
        // Of several statements at once pg gives an array of results, against its types.
        const last = (Array.isArray(begun) ? begun : [begun]).at(-1) as pg.QueryResult;
        return last.rows as readonly unknown[];
      });
      rows.catch(() => undefined); // whoever does not wait for them fails with what comes after
      let ending: Promise<pg.QueryResult> | undefined;
      const last: Transaction["last"] = async <Row>(statement: string, values: readonly SqlValue[] = []) => {
        const asked = run(client, statement, values);
        ending = run(client, "commit");
        ending.catch(() => undefined);
        return (await asked).rows as Row[];
      };
      const result = await work({ ...over(client), last }, rows);
      await rows;
      const { command } = await (ending ?? run(client, "commit"));
      // PostgreSQL ends a transaction in which something failed in another way, and does not call that an error.
      if (command !== "COMMIT") throw broken(undefined);
      usable = true;
      return result;
    } catch (error) {
      usable = await run(client, "rollback").then(
        () => true,
        () => false,
      );
      throw error;
    } finally {
      client.release(!usable);
    }
  };

  return {
    query: async <Row>(statement: string, values: readonly SqlValue[] = []) => (await run(pool, statement, values)).rows as Row[],
    execute: async (statement, values = []) => (await run(pool, statement, values)).rowCount ?? 0,
    copyRows: async function* (select) {
      const session = await connect();
      try {
        yield* session.copyRows(select);
      } finally {
        session.release();
      }
    },
    transaction,
    connect,
    close: async () => {
      if (closed) return;
      closed = true;
      await pool.end();
    },
  };
}

function over(client: pg.PoolClient): Session {
  return {
    query: async <Row>(statement: string, values: readonly SqlValue[] = []) => (await run(client, statement, values)).rows as Row[],
    execute: async (statement, values = []) => (await run(client, statement, values)).rowCount ?? 0,
    copyRows: (select) => copyRows(client, select),
    copyOut: (select) => copyOut(client, select),
    copyIn: (into, rows) => copyIn(client, into, rows),
  };
}

async function run(on: pg.Pool | pg.PoolClient, statement: string, values: readonly SqlValue[] = []): Promise<pg.QueryResult> {
  try {
    // Without values the simple protocol: it takes several statements at once.
    return values.length === 0
      ? await on.query(statement)
      : await on.query({ name: nameOf(statement), text: statement, values: values.map(toParameter) });
  } catch (error) {
    throw broken(error);
  }
}

/** Names of statements with values, by which each connection keeps them prepared. There are as many as stand in our source. */
const names = new Map<string, string>();

function nameOf(statement: string): string {
  let name = names.get(statement);
  if (name === undefined) {
    name = `s${String(names.size)}`;
    names.set(statement, name);
  }
  return name;
}

function toParameter(value: SqlValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error("a bigint is beyond the safe integers");
  return value;
}

/** Stands for an error of PostgreSQL without its words. */
class SqlFailure extends Error {
  readonly sqlState: string;

  constructor(sqlState: string) {
    super(`SQLSTATE ${sqlState}`);
    this.name = "SqlFailure";
    this.sqlState = sqlState;
  }
}

function broken(error: unknown): Fault {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "08006";
  return new Fault("using the database", new SqlFailure(/^[0-9A-Z]{5}$/.test(code) ? code : "08006"));
}

/** The SQLSTATE of a statement that PostgreSQL refused; null if the error is of another kind. `08006`: the connection broke. */
export function sqlStateOf(error: unknown): string | null {
  return error instanceof Fault && error.cause instanceof SqlFailure ? error.cause.sqlState : null;
}

// COPY binary (PostgreSQL manual, "COPY", Binary Format): signature of 11 octets, u32 flags, u32 length of an extension; then for each row an i16 number
// of columns (-1 ends) and for each column an i32 length (-1 is null) and its octets.
const SIGNATURE_LENGTH = 19;

async function* copyRows(client: pg.PoolClient, select: string): AsyncGenerator<(Bytes | null)[], void, undefined> {
  const stream = client.query(copyTo(`copy (${select}) to stdout (format binary)`));
  const reader = new CopyReader(stream);
  try {
    await reader.take(SIGNATURE_LENGTH);
    for (;;) {
      const columns = readInteger(await reader.take(2), 0, 2);
      if (columns === 0xffff) break;
      const row: (Bytes | null)[] = [];
      for (let column = 0; column < columns; column++) {
        const length = readInteger(await reader.take(4), 0, 4);
        row.push(length === 0xffffffff ? null : await reader.take(length));
      }
      yield row;
    }
  } finally {
    await reader.end();
  }
}

async function* copyOut(client: pg.PoolClient, select: string): AsyncGenerator<Bytes, void, undefined> {
  const stream: AsyncIterable<unknown> = client.query(copyTo(`copy (${select}) to stdout (format binary)`));
  const reader = new CopyReader(stream);
  try {
    for (let piece = await reader.some(); piece !== null; piece = await reader.some()) yield piece;
  } finally {
    await reader.end();
  }
}

async function copyIn(client: pg.PoolClient, into: string, rows: Source): Promise<void> {
  const stream = client.query(copyFrom(`copy ${into} from stdin (format binary)`));
  try {
    await pipeline(Readable.from(rows, { objectMode: false }), stream);
  } catch (error) {
    throw error instanceof Refusal || error instanceof Fault ? error : broken(error);
  }
}

/** Takes exact numbers of octets from a stream of pieces. */
class CopyReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<unknown>) {
    this.#pieces = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** The next `length` octets, as an array of their own. */
  async take(length: number): Promise<Bytes> {
    const whole = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#pending.length === 0) {
        const next = await this.#next();
        if (next === null) throw new Fault("using the database", new SqlFailure("08006"));
        this.#pending = next;
      }
      const piece = this.#pending.subarray(0, length - filled);
      whole.set(piece, filled);
      filled += piece.length;
      this.#pending = this.#pending.subarray(piece.length);
    }
    return asBytes(whole);
  }

  /** What comes next, or null at the end. */
  async some(): Promise<Bytes | null> {
    const next = await this.#next();
    return next === null ? null : asBytes(next);
  }

  /** Reads on to the end of the stream, so that the connection can be used again. */
  async end(): Promise<void> {
    while ((await this.#next()) !== null);
  }

  async #next(): Promise<Buffer | null> {
    try {
      const next = await this.#pieces.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      throw broken(error);
    }
  }
}
