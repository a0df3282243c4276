/**
 * Takes in a cosigned checkpoint (C2SP tlog-cosignature), as `firsthand-auditor cosign` writes it and a stick carries it. The file adds signatures to the
 * checkpoint that is published now and can change nothing else: its text must be the published one, and only keys listed in KEYS_DIR/cosigners count.
 *
 * The published note has the log's own signature first, then one of each cosigner in the order of the list; a newer one takes the place of the older.
 * Known gap: the next checkpoint is published without cosignatures until they come, so a policy's quorum is not met in between.
 */
import { stat } from "node:fs/promises";
import { openNote } from "../../protocol/crypto/note.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatNote, type NoteSignature, parseNote } from "../../protocol/format/note.ts";
import { readIfThere } from "../store/durable-file.ts";
import { publishedCheckpoint, putTiles } from "../store/log-store.ts";
import type { Keeper } from "./writer.ts";

/** Longest file that is read, bytes. */
const LONGEST = 65_536;

/**
 * Publishes the cosignatures in the file at `path`. Returns the names of the cosigners it is by.
 * @throws {Refusal} `not-found`; `bad-checkpoint` if it is not the one published now; `unknown-signer` if no listed cosigner signed; `bad-note`,
 * `bad-signature`. Nothing is changed then.
 */
export async function takeCosignatures({ context, lock }: Keeper, path: string): Promise<readonly string[]> {
  const { keys, db } = context;
  const info = await stat(path).catch(() => null);
  if (info?.isFile() !== true) throw new Refusal("not-found", "the cosigned checkpoint");
  if (info.size > LONGEST) throw new Refusal("bad-note", "length");
  const bytes = await readIfThere(path);
  const published = await publishedCheckpoint(db);
  if (bytes === null || published === null)
    throw new Refusal("not-found", bytes === null ? "the cosigned checkpoint" : "a published checkpoint");

  const log = keys.logSigner.vkey;
  const { text, signers, note } = await openNote(bytes, [log, ...keys.cosigners], LONGEST);
  const before = parseNote(published);
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
  await lock.transaction((tx) => putTiles(tx, [], formatNote({ text, signatures })));
  return cosigners.map(({ name }) => name);
}
