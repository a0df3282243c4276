/**
 * The key ceremony: makes every key of a program in one folder, whole or not at all.
 *
 *     public/      program.pgp rewards.pgp review.vkey retention.note origin [DEMO]     carried to the server as its KEYS_DIR
 *     cards/       card-1-of-3.txt …       one for each holder: shares that open the casebook
 *     casebook/    the review machine's casebook, its secrets locked
 *     rewards/     rewards.locked and its own cards/      for the reward officer, who is somebody else
 *     retention/   card-1-of-3.txt …       one for each person who may sign changes of the retention policy, any two of them together
 *
 * No secret touches the disk unlocked: certificates are made in memory and locked under 256 random bits that exist on the cards only. Cards are plain text, to be
 * printed and destroyed; that the disk is an encrypted one is the operator's duty.
 *
 * Known gap: cards are not typed back, there is no QR code and no signed protocol of the ceremony yet.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../protocol/bytes.ts";
import { generateCertificate } from "../protocol/crypto/certificate.ts";
import { lockSecret } from "../protocol/crypto/lock.ts";
import { noteSigner } from "../protocol/crypto/note.ts";
import { splitSecret } from "../protocol/crypto/quorum.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { utf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import type { RetentionPolicy } from "../protocol/format/retention.ts";
import { Casebook } from "./casebook/casebook.ts";
import { writeDurably } from "./casebook/durable-file.ts";
import { lockVault, VAULT_FILE } from "./casebook/vault.ts";
import { becomeWriter } from "./casebook/writer.ts";
import { makeFolder } from "./new-folder.ts";
import { makeFirstPolicy } from "./retention.ts";
import { formatCard } from "./share-cards.ts";

/** What a ceremony is asked to make. */
export interface CeremonyPlan {
  /** The log's name, as the server's settings have it. */
  readonly origin: string;
  /** First second of the first epoch (Unix time), a midnight UTC. */
  readonly start: number;
  /** Weeks, 1 to 520. */
  readonly epochs: number;
  /** Any `needed` (1 to `shares`) of `shares` (1 to 255) cards open the secrets. */
  readonly needed: number;
  readonly shares: number;
  /** Who will act in the casebook; at least one. */
  readonly people: readonly string[];
  readonly retention: RetentionPolicy;
  /** How many people may sign changes of it, 2 to 16. */
  readonly signers: number;
  readonly demo: boolean;
}

/** What was made. */
export interface CeremonyResult {
  readonly program: string;
  readonly rewards: string;
  /** Text of the review key's verifier key. */
  readonly review: string;
}

/** Server's retention of ciphertext if the ceremony is not told otherwise. */
export const USUAL_RETENTION: RetentionPolicy = { daysAfterAcknowledgement: 30, daysAtMost: 180, graceDays: 8, unacknowledged: "keep" };

/** What an origin may be: what a key name may be, and a little less. */
const ORIGIN = /^[a-z0-9][a-z0-9.:/_-]{0,199}$/;

/** @throws {Refusal} `usage` if `origin` cannot name a log. */
export function checkOrigin(origin: string): string {
  if (!ORIGIN.test(origin)) throw new Refusal("usage", "an origin is lower-case letters, digits and . : / _ -, like tips.example/log");
  return origin;
}

/**
 * Holds a ceremony in `folder`, which must not exist or be empty. `say` is told each step as it begins.
 * @throws {Refusal} `already-there`. @throws {Fault} if the disk did not take it; then nothing is left.
 */
export function holdCeremony(folder: string, plan: CeremonyPlan, now: Date, say: (step: string) => void): Promise<CeremonyResult> {
  return makeFolder(folder, (work) => makeAll(work, plan, now, say));
}

async function makeAll(work: string, plan: CeremonyPlan, now: Date, say: (step: string) => void): Promise<CeremonyResult> {
  const { origin, start, epochs, demo } = plan;
  for (const name of ["public", "cards", "casebook", "rewards", "rewards/cards", "retention"])
    await mkdir(join(work, name), { mode: 0o700 });

  say(`making two certificates with ${String(epochs)} epochs each`);
  const program = await generateCertificate({ purpose: "program", start, epochs });
  const rewards = await generateCertificate({ purpose: "rewards", start, epochs });
  const reviewSeed = randomBytes(32);
  const reviewSigner = await noteSigner(`${origin}/review`, reviewSeed);
  const review = reviewSigner.vkey;

  say("locking the secrets and writing the cards");
  const casebookKey = randomBytes(32);
  await lockAndShare(plan, { opens: "the casebook", fingerprint: program.fingerprint, cards: join(work, "cards") }, async (secret) => {
    const vault = { casebook: casebookKey, program: program.secretBytes, review: reviewSeed };
    await writeDurably(join(work, "casebook", VAULT_FILE), [await lockVault(vault, secret)]);
  });
  await lockAndShare(
    plan,
    { opens: "the rewards certificate", fingerprint: rewards.fingerprint, cards: join(work, "rewards", "cards") },
    async (secret) => {
      await writeDurably(join(work, "rewards", "rewards.locked"), [await lockSecret(rewards.secretBytes, secret)]);
    },
  );

  say("opening the casebook");
  const opened = { origin, program: program.fingerprint, rewards: rewards.fingerprint, review: review.text, demo };
  becomeWriter(join(work, "casebook")).release();
  await Casebook.create(join(work, "casebook"), casebookKey, plan.people, opened, now);

  const from = now.toISOString().slice(0, 10);
  const decided = { origin, from, policy: plan.retention, people: plan.signers, demo };
  const retentionNote = await makeFirstPolicy(join(work, "retention"), decided, reviewSigner);
  const publicFiles: Record<string, Bytes> = {
    "program.pgp": program.publicBytes,
    "rewards.pgp": rewards.publicBytes,
    "review.vkey": utf8(`${review.text}\n`),
    "retention.note": retentionNote,
    origin: utf8(`${origin}\n`),
    ...(demo ? { DEMO: utf8("Made to try things out. The secrets of these keys are not secret.\n") } : {}),
  };
  for (const [name, bytes] of Object.entries(publicFiles)) await writeDurably(join(work, "public", name), [bytes]);
  return { program: program.fingerprint, rewards: rewards.fingerprint, review: review.text };
}

async function lockAndShare(
  { origin, needed, shares, demo }: CeremonyPlan,
  { opens, fingerprint, cards }: { opens: string; fingerprint: string; cards: string },
  lock: (secret: Bytes) => Promise<void>,
): Promise<void> {
  const secret = randomBytes(32);
  await lock(secret);
  for (const [index, share] of (await splitSecret(secret, needed, shares)).entries()) {
    const number = index + 1;
    const text = formatCard(share, { opens, origin, fingerprint, number, shares, needed, demo });
    await writeDurably(join(cards, `card-${String(number)}-of-${String(shares)}.txt`), [utf8(text)]);
  }
}
