/**
 * What a backup has in it. An OpenPGP message to the operator (`KEYS_DIR/operator.pgp`), in it an archive (ustar, as everywhere here), in that:
 *
 *     settings                      the settings that were not secret, to compare
 *     files/checkpoint.last         the last checkpoint that was signed
 *     files/log.seed                with --with-log-key: the log's signing key
 *     files/batches/<8 digits>.key  with --with-batch-keys: keys of batches that are there
 *     tables/<table>/<8 digits>     rows in PostgreSQL's binary format, cut into pieces
 *     manifest                      a note signed by the log key that lists all of it (`protocol/format/backup.ts`)
 *
 * Of tips there is nothing by default: not what waits, no items, no keys, no replies. What is left is the log and what the keeper must remember to go on with it, so whoever
 * opens a stolen backup learns what the log tells everybody. `accepted` goes in as if every batch were purged: its commitments stand in the log.
 *
 * Not in it even with `--with-batch-keys`: what waits for the next sealing (it would show how many tips that is; make the backup right after a sealing) and replies (a witness
 * may have deleted them, and whoever comes by the twelve words later must not find them in a backup; the review machine can write them again).
 */
import { ACCEPTED_AS_PURGED } from "../store/items.ts";

/** A table in a backup. */
export interface BackupTable {
  readonly name: string;
  readonly columns: string;
  /** Its rows, in an order that tells nothing. */
  readonly select: string;
}

function whole(name: string, columns: string, order: string): BackupTable {
  return { name, columns, select: `select ${columns} from ${name} order by ${order}` };
}

/** In every backup. */
const ALWAYS: readonly BackupTable[] = [
  whole("leaf", "index, bytes", "index"),
  whole("tile", "path, bytes", "path"),
  whole("log_state", "name, value", "name"),
  whole("batch", "batch, state, date, size, key_fingerprint, policy, acknowledged, acknowledgement, purging", "batch"),
  whole("bundle", "direction, sequence, date, first, last, manifest_hash, manifest, checkpoint, logged", "direction, sequence"),
  { name: "accepted", columns: "batch, tip, commitment, digest", select: ACCEPTED_AS_PURGED },
];

/** Tables of a backup with the items of `batches`. */
export function tablesOf(batches: readonly number[]): BackupTable[] {
  if (batches.length === 0) return [...ALWAYS];
  const items = "batch, position, commitment, digest, length, parts, sha256";
  const parts = "batch, position, part, body";
  const of = `where batch in (${batches.map(String).join(", ")})`;
  return [
    ...ALWAYS,
    { name: "item", columns: items, select: `select ${items} from item ${of} order by batch, position` },
    { name: "item_part", columns: parts, select: `select ${parts} from item_part ${of} order by batch, position, part` },
  ];
}

/** Tables whose rows are in no backup: what waits, replies, and what the migrations write themselves. */
export const LEFT_OUT: readonly string[] = ["generation", "tip_part", "tip_seal", "reply", "migration"];

/** Paths in the archive. */
export const PLACES = {
  settings: "settings",
  checkpoint: "files/checkpoint.last",
  logSeed: "files/log.seed",
  manifest: "manifest",
} as const;

/** Longest of a file that is not a table's, octets; a manifest lists a piece of 8 MiB in about 110. */
export const LARGEST_FILE = 16_777_216;
