/**
 * Is the casebook whole? Opening it has already checked every event's signature and the chain. Here every file an event names is held against what the event says:
 * sealed items by their digest, records by their key, tiles and checkpoint by the log itself.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../protocol/crypto/hash.ts";
import { parseVkey } from "../../protocol/crypto/note.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { verifyCheckpoint, walkLog } from "../../protocol/tlog/verify.ts";
import type { Progress } from "../progress.ts";
import { openDocument } from "../referral/documents.ts";
import { dossierKey } from "../referral/dossier-key.ts";
import type { Casebook } from "./casebook.ts";
import type { ActOf } from "./event.ts";
import { bundleFolder } from "./places.ts";
import { readRecord, sealedItem, tilesIn, tipsOf } from "./shelf.ts";

/** Something that is not as the chain says. */
export interface Damage {
  /** Place in the casebook, in our words. */
  readonly where: string;
  readonly what: string;
}

/** Everything that is not as it should be; nothing if the casebook is whole. */
export async function checkCasebook(casebook: Casebook, progress: Progress): Promise<Damage[]> {
  const damages: Damage[] = [];
  const attempt = async (where: string, step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Fault || error instanceof Missing)) throw error;
      damages.push({ where, what: error.message });
    }
  };

  const imports = casebook.acts("imported");
  const total = imports.reduce((sum, { tips, troubled }) => sum + tips.length + troubled.length, 0);
  let done = 0;
  for (const act of imports) {
    await attempt(`log up to bundle ${String(act.bundle)}`, () => checkLog(casebook, act));
    const tips = act.tips.filter(({ id }) => !casebook.state.tip(id).destroyed);
    for (const { batch, position, digest } of [...tips, ...act.troubled]) {
      await attempt(`batch ${String(batch)}, item ${String(position)}`, async () => {
        const found = await digestOf(sealedItem(casebook, act.bundle, batch, position));
        if (toHex(found.digest) !== digest) throw new Refusal("digest-mismatch");
      });
      progress("checked items", ++done, total);
    }
  }
  for (const tip of tipsOf(casebook)) {
    if (casebook.state.tip(tip.entry.id).destroyed) continue;
    await attempt(`tip ${tip.entry.id}`, async () => {
      await readRecord(casebook, tip);
    });
  }
  for (const { documents, referral } of casebook.acts("agency-answered")) {
    const tips = casebook.state.referrals.get(referral)?.drafted.act.tips ?? [];
    if (tips.some((tip) => casebook.state.tip(tip).destroyed)) continue;
    for (const { sha256 } of documents) {
      await attempt(`document of the agency, referral ${String(referral)}`, async () => {
        await openDocument(casebook, sha256, await dossierKey(casebook, referral));
      });
    }
  }
  return damages;
}

/** A file is not there. */
class Missing extends Error {}

/** The checkpoint a bundle brought is the recorded one, signed, and its tree is here in full. */
async function checkLog(casebook: Casebook, act: ActOf<"imported">): Promise<void> {
  const [pinned] = casebook.acts("log-key-pinned");
  if (pinned === undefined) throw new Refusal("casebook-damaged", "no log key is pinned");
  const folders = casebook.acts("imported").filter(({ bundle }) => bundle <= act.bundle);
  const note = await readFile(join(bundleFolder(casebook, act.bundle), "checkpoint")).catch(() => {
    throw new Missing("The checkpoint is not there.");
  });
  const checkpoint = await verifyCheckpoint(new Uint8Array(note), { log: parseVkey(pinned.vkey) });
  if (checkpoint.size !== act.checkpoint.size || toHex(checkpoint.root) !== act.checkpoint.root) throw new Refusal("bad-checkpoint");
  // Every later tree was shown to extend this one when it was imported; the last one is walked whole.
  if (act !== casebook.acts("imported").at(-1)) return;
  await walkLog(checkpoint, tilesIn(folders.map(({ bundle }) => bundleFolder(casebook, bundle))), { leaf: () => undefined });
}
