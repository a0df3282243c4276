/**
 * Bundles from the review machine (specification section 9): acknowledgements, replies and records of destroyed epochs, later certificates.
 *
 * The stick is not trusted, and what counts is the review key's signature on each acknowledgement, not that on the manifest alone: it is published
 * whole, so anybody can check that this server did not acknowledge for itself. The root in it must be the one of the batch's own commitments in the
 * log.
 *
 * Replies are sealed for witnesses; of them only the outer form can be checked. They go into their mailboxes and never into the log.
 *
 * A record that an epoch's secret was destroyed is published whole too, and the log says so. One that the log has already is checked and passed over.
 *
 * An acknowledgement of a batch that was destroyed meanwhile, because it came later than the policy allows, is checked and passed over: to refuse it would
 * refuse every later bundle too, since they follow one another.
 *
 * All or nothing: the bundle is read to its end and checked before anything is written, and then everything is written in one transaction, with its
 * leaves.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";
import { type Bytes, collect, equal } from "../../protocol/bytes.ts";
import { batchRoot, readBundle } from "../../protocol/crypto/bundle.ts";
import { LONGEST_SCAN, parseCodes } from "../../protocol/crypto/code-series.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { openNote } from "../../protocol/crypto/note.ts";
import { fromHex, fromUtf8, toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { acknowledgementPath, parseAcknowledgement } from "../../protocol/format/acknowledgement.ts";
import { formatDate } from "../../protocol/format/date.ts";
import { destructionPath, parseDestruction } from "../../protocol/format/destruction.ts";
import type { EpochLeaf } from "../../protocol/format/leaf.ts";
import { NO_PREVIOUS } from "../../protocol/format/manifest.ts";
import { parseReplyPath, parseSealedReply, REPLY_LENGTH } from "../../protocol/format/reply.ts";
import type { Context } from "../context.ts";
import type { Connection } from "../store/database.ts";
import { commitmentsOf } from "../store/items.ts";
import { insertLeaves, leavesOfKind, putFile } from "../store/log-store.ts";
import { putReply } from "../store/replies.ts";
import { entryDay, type Keeper, publish } from "./writer.ts";

/** What came in. */
export interface ImportedBundle {
  readonly bundle: number;
  /** Batches that are now acknowledged. */
  readonly acknowledged: readonly number[];
  /** How many replies are in their mailboxes now. */
  readonly replies: number;
  /** Batches whose acknowledgement came after they were destroyed. */
  readonly late: readonly number[];
  /** Epochs whose secret is gone, by fingerprint. */
  readonly destroyed: readonly string[];
}

/** A record of destruction that was checked, with the entry that says the same. */
interface Destroyed {
  readonly leaf: EpochLeaf;
  readonly note: Bytes;
}

/** An acknowledgement that was checked. */
interface Checked {
  readonly batch: number;
  readonly note: Bytes;
  readonly late: boolean;
}

/** A reply of the right form. */
interface Reply {
  /** Hash of the mailbox id, hexadecimal. */
  readonly mailbox: string;
  readonly body: Bytes;
}

/** Longest acknowledgement or record of destruction, bytes. */
const LONGEST = 4096;
/** Longest bundle in codes, unpacked, bytes. */
const LONGEST_IN_CODES = 4_194_304;

/**
 * Imports a bundle to the server: a file of one, or the text of scanned codes (crypto/code-series.ts) whose data is one in DEFLATE (RFC 1951).
 * @throws {Refusal} `not-found` if there is no such file; what is wrong with the bundle, by name (`bundle-…`, `bad-acknowledgement`,
 * `unknown-signer`, `bad-reply`, …). Nothing is changed then.
 */
export async function importBundle(keeper: Keeper, file: string, form: "bundle" | "codes" = "bundle"): Promise<ImportedBundle> {
  const { context, lock, progress } = keeper;
  const { db, keys, retention } = context;
  if ((await stat(file).catch(() => null))?.isFile() !== true) throw new Refusal("not-found", "the bundle's file");
  progress("reading the bundle");
  const before = await lastImport(db);
  const expected = { origin: keys.origin, to: "server", keys: [keys.review], ...before } as const;
  const read: Checked[] = [];
  const replies: Reply[] = [];
  const numbers = new Map<string, number>();
  const destroyed: Destroyed[] = [];
  const { manifest, manifestHash } = await readBundle(
    form === "codes" ? bundleInCodes(file) : createReadStream(file),
    expected,
    async (path, size, body) => {
      if (path.startsWith("replies/")) {
        if (size !== REPLY_LENGTH) throw new Refusal("bad-reply", "length");
        replies.push(checkReply(numbers, path, await collect(body, REPLY_LENGTH)));
        return;
      }
      if (path.startsWith("destroyed/")) {
        if (size > LONGEST) throw new Refusal("bad-destruction", "length");
        const record = await checkDestruction(context, path, await collect(body, LONGEST));
        if (record !== null) destroyed.push(record);
        return;
      }
      if (size > LONGEST) throw new Refusal("bad-acknowledgement", "length");
      read.push(await checkAcknowledgement(context, path, await collect(body, LONGEST)));
    },
  );

  progress("recording acknowledgements");
  const checked = read.filter(({ late }) => !late);
  const day = await entryDay(context);
  const date = formatDate(day);
  const expires = formatDate(day + retention.policy.daysAtMost);
  await lock.transaction(async (tx) => {
    for (const { batch, note } of checked) {
      await tx.execute("update batch set state = 'acknowledged', acknowledged = $2, acknowledgement = $3 where batch = $1", [
        batch,
        date,
        note,
      ]);
      await putFile(tx, acknowledgementPath(batch), note);
    }
    for (const { leaf, note } of destroyed) await putFile(tx, destructionPath(leaf.fingerprint), note);
    for (const { mailbox, body } of replies) await putReply(tx, { mailbox: fromHex(mailbox, 32), sha256: sha256(body), expires, body });
    await tx.execute("insert into bundle (direction, sequence, date, manifest_hash, manifest) values ('server', $1, $2, $3, $4)", [
      manifest.sequence,
      date,
      fromHex(manifestHash),
      new Uint8Array(0),
    ]);
    await insertLeaves(tx, [
      ...checked.map(({ batch, note }) => ({ kind: "acknowledged" as const, batch, date, sha256: toHex(sha256(note)) })),
      ...destroyed.map(({ leaf }) => leaf),
    ]);
  });
  await publish(keeper);
  for (const { batch } of checked) context.log.event("batch-acknowledged", { batch });
  return {
    bundle: manifest.sequence,
    acknowledged: numbersOf(checked),
    late: numbersOf(read.filter(({ late }) => late)),
    replies: replies.length,
    destroyed: destroyed.map(({ leaf }) => leaf.fingerprint),
  };
}

/** @returns `null` if the log says so already. */
async function checkDestruction({ db, keys }: Context, path: string, note: Bytes): Promise<Destroyed | null> {
  const { text } = await openNote(note, [keys.review], LONGEST);
  const { origin, epoch } = parseDestruction(text);
  if (origin !== keys.origin) throw new Refusal("wrong-origin", "record of destruction");
  if (destructionPath(epoch) !== path) throw new Refusal("bad-destruction", "epoch");
  const leaves = (await leavesOfKind(db, "epoch")).filter(({ fingerprint }) => fingerprint === epoch);
  const [published] = leaves;
  if (published === undefined) throw new Refusal("bad-destruction", "an epoch that was not published");
  return leaves.some(({ action }) => action === "destroyed") ? null : { leaf: { ...published, action: "destroyed" }, note };
}

async function* bundleInCodes(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces: AsyncIterable<Uint8Array> = createReadStream(file);
  const packed = parseCodes(fromUtf8(await collect(pieces, LONGEST_SCAN)));
  try {
    yield inflateRawSync(packed, { maxOutputLength: LONGEST_IN_CODES });
  } catch {
    throw new Refusal("bad-codes", "damaged");
  }
}

function numbersOf(checked: readonly Checked[]): number[] {
  return checked.map(({ batch }) => batch);
}

async function checkAcknowledgement({ db, keys }: Context, path: string, note: Bytes): Promise<Checked> {
  if (!path.startsWith("acknowledgements/")) throw new Refusal("bad-manifest", "an entry of an unknown kind");
  const { text } = await openNote(note, [keys.review], LONGEST);
  const { origin, batch, root } = parseAcknowledgement(text);
  if (origin !== keys.origin) throw new Refusal("wrong-origin", "acknowledgement");
  if (acknowledgementPath(batch) !== path) throw new Refusal("bad-acknowledgement", "batch");
  const [row] = await db.query<{ waits: boolean; late: boolean }>(
    `select state = 'exported' and purging is null as waits, state in ('exported', 'purged') and acknowledged is null and purging is not null as late
     from batch where batch = $1`,
    [batch],
  );
  if (row === undefined || !(row.waits || row.late)) throw new Refusal("bad-acknowledgement", "a batch that does not wait for one");
  if (!equal(batchRoot(await commitmentsOf(db, batch)), root)) throw new Refusal("bad-acknowledgement", "root");
  return { batch, note, late: row.late };
}

/** A reply of the right form at the right place: a mailbox's replies count from 1 in each bundle. `numbers` has the last one of each. */
function checkReply(numbers: Map<string, number>, path: string, body: Bytes): Reply {
  const { mailbox, number } = parseReplyPath(path);
  if (number !== (numbers.get(mailbox) ?? 0) + 1) throw new Refusal("bad-manifest", "number of a reply");
  numbers.set(mailbox, number);
  parseSealedReply(body);
  return { mailbox, body };
}

async function lastImport(db: Connection): Promise<{ sequence: number; previous: string }> {
  const [row] = await db.query<{ sequence: number; manifest_hash: Buffer }>(
    "select sequence, manifest_hash from bundle where direction = 'server' order by sequence desc limit 1",
  );
  return row === undefined ? { sequence: 1, previous: NO_PREVIOUS } : { sequence: row.sequence + 1, previous: toHex(row.manifest_hash) };
}
