/**
 * Replies that wait for witnesses, sealed by the review machine under keys this server never sees. Specification sections 9 and 10.
 *
 * A mailbox is the SHA-256 of its id, and only who knows the id can ask for it; nothing says which tip it belongs to. The finest time is the day on
 * which a reply expires; replies of one day have the order of their hashes, not that of their arrival.
 *
 * State: rows come with an import, and go when the witness deletes them or their day is over.
 * Known gap: until the next purge, PostgreSQL's WAL tells at what time a reply was deleted. Purging writes the table anew and lets the WAL go.
 */
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { MAILBOX_PLACES } from "../../protocol/format/mailbox.ts";
import { REPLY_LENGTH } from "../../protocol/format/reply.ts";
import type { Connection } from "./database.ts";

/** A reply on its way into its mailbox. */
export interface StoredReply {
  /** SHA-256 of the mailbox id, 32 bytes. */
  readonly mailbox: Bytes;
  /** SHA-256 of `body`, 32 bytes. */
  readonly sha256: Bytes;
  /** First day on which it is not given out any more, `YYYY-MM-DD`. */
  readonly expires: string;
  /** 4,480 bytes. */
  readonly body: Bytes;
}

/** Stores a reply. One that is there already stays as it is. */
export async function putReply(tx: Connection, { mailbox, sha256, expires, body }: StoredReply): Promise<void> {
  await tx.execute("insert into reply (mailbox, sha256, expires, body) values ($1, $2, $3, $4) on conflict do nothing", [
    mailbox,
    sha256,
    expires,
    body,
  ]);
}

/**
 * Deletes the replies of a mailbox that `read` names (at most four hashes), then gives up to four that have not expired on `today`, oldest day first.
 * The statement and its size are the same whatever there is, and so is what comes back: places that are empty are filled with what was sent along, or the time it takes to
 * bring replies would tell that there are some.
 */
export async function readMailbox(connection: Connection, mailbox: Bytes, read: readonly Bytes[], today: string): Promise<Bytes[]> {
  const named = Array.from({ length: MAILBOX_PLACES }, (_, index) => read[index] ?? new Uint8Array(32));
  const filling = Array.from({ length: MAILBOX_PLACES }, () => new Uint8Array(REPLY_LENGTH));
  const rows = await connection.query<{ kept: boolean; body: Buffer }>(
    `select true as kept, body from read_mailbox($1::bytea, $2::bytea[], $3::text) as body
     union all select false, body from unnest($4::bytea[]) as body limit ${String(MAILBOX_PLACES)}`,
    [mailbox, named, today, filling],
  );
  const bodies = rows.map(({ kept, body }) => ({ kept, body: asBytes(body) }));
  return bodies.filter(({ kept }) => kept).map(({ body }) => body);
}

/** Deletes every reply that has expired on `today`. @param purger connects as `firsthand_purger`. */
export async function dropExpiredReplies(purger: Connection, today: string): Promise<void> {
  await purger.query("select drop_expired_replies($1)", [today]);
}

/** Whether the table's file holds anything, be it the remnant of a row that was deleted. */
export async function repliesLeaveTraces(db: Connection): Promise<boolean> {
  const [row] = await db.query<{ traces: boolean }>("select pg_relation_size('reply') > 0 as traces");
  return row?.traces ?? true;
}
