/**
 * Takes in a cosigned checkpoint (C2SP tlog-cosignature), as `firsthand-auditor cosign` writes it and a stick carries it. The file adds signatures to the
 * checkpoint that is published now and can change nothing else: its text must be the published one, and only keys listed in KEYS_DIR/cosigners count.
 * A file that is signature lines alone, as a cosigner answers with (C2SP tlog-witness), is read as if it stood below the published checkpoint.
 *
 * The published note has the log's own signature first, then one of each cosigner in the order of the list; a newer one takes the place of the older.
 * Known gap: the next checkpoint is published without cosignatures until they come, so a policy's quorum is not met in between.
 */
import { stat } from "node:fs/promises";
import { openNote } from "../../protocol/crypto/note.ts";
import { concat, equal } from "../../protocol/bytes.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { dayOf } from "../../protocol/format/date.ts";
import { formatNote, type NoteSignature, parseNote } from "../../protocol/format/note.ts";
import { formatJson, integer, parseJson } from "../../protocol/format/json.ts";
import type { Connection } from "../store/database.ts";
import { readIfThere } from "../store/durable-file.ts";
import { publishedCheckpoint, putTiles, readState, writeState } from "../store/log-store.ts";
import type { Keeper } from "./writer.ts";

/** Longest file that is read, bytes. */
const LONGEST = 65_536;
/** What a signature line begins with. */
const DASH = utf8("\u2014 ");

/** Name of the day number on which cosignatures were taken in last. */
const COSIGNED = "cosigned";
const LARGEST_DAY = 2_932_896;

/** The day (a day number) on which cosignatures were taken in last, or null. */
export async function lastCosigned(db: Connection): Promise<number | null> {
  const bytes = await readState(db, COSIGNED);
  return bytes === null ? null : integer(0, LARGEST_DAY)(parseJson(bytes), COSIGNED);
}

/**
 * Publishes the cosignatures in the file at `path`. Returns the names of the cosigners it is by.
 * @throws {Refusal} `not-found`; `bad-checkpoint` if it is not the one published now; `unknown-signer` if no listed cosigner signed; `bad-note`,
 * `bad-signature`. Nothing is changed then.
 */
export async function takeCosignatures({ context, lock }: Keeper, path: string): Promise<readonly string[]> {
  const { keys, db, clock } = context;
  const info = await stat(path).catch(() => null);
  if (info?.isFile() !== true) throw new Refusal("not-found", "the cosigned checkpoint");
  if (info.size > LONGEST) throw new Refusal("bad-note", "length");
  const file = await readIfThere(path);
  const published = await publishedCheckpoint(db);
  if (file === null || published === null)
    throw new Refusal("not-found", file === null ? "the cosigned checkpoint" : "a published checkpoint");

  const log = keys.logSigner.vkey;
  const before = parseNote(published);
  const isLines = equal(file.subarray(0, DASH.length), DASH);
  const bytes = isLines ? concat(formatNote({ text: before.text, signatures: before.signatures.slice(0, 1) }), file) : file;
  const { text, signers, note } = await openNote(bytes, [log, ...keys.cosigners], LONGEST + published.length);
  if (text !== before.text) throw new Refusal("bad-checkpoint", "another one is published");
  const cosigners = signers.filter((signer) => signer !== log);
  if (cosigners.length === 0) throw new Refusal("unknown-signer", "cosigners");

  const [own, ...others] = before.signatures;
  if (own === undefined) throw new Error("a published checkpoint is signed");
  const signatures = [own];
  for (const { name, id } of keys.cosigners) {
    const by = (one: NoteSignature): boolean => one.name === name && one.id === id;
    const signature = note.signatures.find(by) ?? others.find(by);
    if (signature !== undefined) signatures.push(signature);
  }
  await lock.transaction(async (tx) => {
    await putTiles(tx, [], formatNote({ text, signatures }));
    await writeState(tx, COSIGNED, formatJson(dayOf(clock())));
  });
  return cosigners.map(({ name }) => name);
}
