/**
 * The reward officers' casebook, made from what the ceremony gave them: the locked rewards certificate, its cards, and the public folder. The same cards open it. Officers sign with keys of their
 * own, and nobody else is in it: the program, not a lead, decides who they are.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { openCertificate, openSecret } from "../../protocol/crypto/certificate.ts";
import { unlockSecret } from "../../protocol/crypto/lock.ts";
import { parseVkey } from "../../protocol/crypto/note.ts";
import { joinShares } from "../../protocol/crypto/quorum.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { Casebook } from "../casebook/casebook.ts";
import { writeDurably } from "../casebook/durable-file.ts";
import { secretOfPassphrase } from "../casebook/people.ts";
import { lockVault, VAULT_FILE } from "../casebook/vault.ts";
import { becomeWriter } from "../casebook/writer.ts";
import { readInput } from "../input-file.ts";
import { makeFolder } from "../new-folder.ts";
import { readShares } from "../share-cards.ts";

/** What a reward officers' casebook is made from. */
export interface RewardsOpening {
  /** `rewards.locked` of the ceremony. */
  readonly lockedFile: string;
  /** Its cards. */
  readonly shareFiles: readonly string[];
  /** The ceremony's public folder. */
  readonly publicFolder: string;
  /** At least two: everything that counts takes two. A passphrase is null in a demo only. */
  readonly officers: readonly { readonly name: string; readonly passphrase: string | null }[];
}

/**
 * Makes the casebook in a new folder.
 * @throws {Refusal} `needs-another-person` for one officer, `wrong-certificate`, `cannot-unlock`, `bad-share`, `weak-passphrase`, `already-there`. @throws {Fault}.
 */
export async function openRewardsCasebook(folder: string, opening: RewardsOpening, now: Date): Promise<void> {
  const { officers, publicFolder } = opening;
  if (officers.length < 2) throw new Refusal("needs-another-person", "two officers");
  const demo = (await stat(join(publicFolder, "DEMO")).catch(() => null)) !== null;
  if (!demo && officers.some(({ passphrase }) => passphrase === null))
    throw new Refusal("usage", "each officer needs a line of --passphrases");
  const secret = await joinShares(await readShares(opening.shareFiles));
  const rewards = await unlockSecret(await readInput(opening.lockedFile), secret);
  const { fingerprint } = await openSecret(rewards);
  await openCertificate(await readInput(join(publicFolder, "rewards.pgp")), fingerprint);
  const program = await openCertificate(await readInput(join(publicFolder, "program.pgp")));
  const act = {
    origin: await lineOf(join(publicFolder, "origin")),
    program: program.fingerprint,
    rewards: fingerprint,
    review: parseVkey(await lineOf(join(publicFolder, "review.vkey"))).text,
    grace_days: 0,
    demo,
  };
  const people = officers.map(({ name, passphrase }) => ({
    name,
    roles: ["reward_officer"] as const,
    secret: passphrase === null ? null : secretOfPassphrase(passphrase),
  }));
  await makeFolder(folder, async (work) => {
    const keys = { casebook: randomBytes(32), wrapping: [randomBytes(32)] };
    // What a reviewers' casebook signs with, this one does not need: a fresh key that is nobody's stands in its place.
    await writeDurably(join(work, VAULT_FILE), [await lockVault({ ...keys, program: rewards, review: randomBytes(32) }, secret)]);
    becomeWriter(work).release();
    await Casebook.create(work, keys, people, act, now);
  });
}

async function lineOf(path: string): Promise<string> {
  return fromUtf8(await readInput(path)).trim();
}
