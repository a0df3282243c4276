/**
 * The key ceremony: makes every key of a program in one folder, whole or not at all.
 *
 *     public/      program.pgp rewards.pgp review.vkey retention.note origin [DEMO]     carried to the server as its KEYS_DIR
 *     cards/       card-1-of-3.html .txt … one for each holder: shares that open the casebook
 *     people/      person-1-….html .txt …        one for each person who gave no passphrase: signs for that person. None in a demo
 *     casebook/    the review machine's casebook, its secrets locked
 *     ceremony.note
 *     rewards/     rewards.locked and its own cards/      for the reward officer, who is somebody else
 *     retention/   card-1-of-3.txt …       one for each person who may sign changes of the retention policy, any two of them together
 *
 * No secret touches the disk unlocked: certificates are made in memory and locked under 256 random bits that exist on the cards only. Cards are plain text, to be
 * printed and destroyed; that the disk is an encrypted one is the operator's duty.
 *
 * Each card is typed back before the folder gets its name; a ceremony that is broken off leaves nothing. `ceremony.note` says what was made, when, and for whom, signed
 * by the new review key: a signed note, first line `<origin>/ceremony/v1`. It holds no secret; print it and let everybody present sign the paper.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../protocol/bytes.ts";
import { generateCertificate } from "../protocol/crypto/certificate.ts";
import { lockSecret } from "../protocol/crypto/lock.ts";
import { noteSigner } from "../protocol/crypto/note.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { utf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import type { RetentionPolicy } from "../protocol/format/retention.ts";
import { Casebook } from "./casebook/casebook.ts";
import { writeDurably } from "./casebook/durable-file.ts";
import { type NewPerson, secretOfPassphrase } from "./casebook/people.ts";
import type { Role } from "./casebook/roles.ts";
import { lockVault, VAULT_FILE } from "./casebook/vault.ts";
import { becomeWriter } from "./casebook/writer.ts";
import { typeBack, type TypingBack, writeCards } from "./cards.ts";
import { makeFolder } from "./new-folder.ts";
import { makeFirstPolicy } from "./retention.ts";

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
  /** Who will act in the casebook; at least one, and one a lead. */
  readonly people: readonly PlannedPerson[];
  readonly retention: RetentionPolicy;
  /** How many people may sign changes of it, 2 to 16. */
  readonly signers: number;
  readonly demo: boolean;
  readonly typing: TypingBack;
}

/** Somebody who will act. */
export interface PlannedPerson {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Their own passphrase; `null`: they get a card, or nothing in a demo. */
  readonly passphrase: string | null;
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
  for (const name of ["public", "cards", "people", "casebook", "rewards", "rewards/cards", "retention"])
    await mkdir(join(work, name), { mode: 0o700 });

  say(`making two certificates with ${String(epochs)} epochs each`);
  const program = await generateCertificate({ purpose: "program", start, epochs });
  const rewards = await generateCertificate({ purpose: "rewards", start, epochs });
  const reviewSeed = randomBytes(32);
  const signer = await noteSigner(`${origin}/review`, reviewSeed);
  const review = signer.vkey;

  say("locking the secrets and writing the cards");
  const keys = { casebook: randomBytes(32), wrapping: [randomBytes(32)] };
  const casebookCards = await lockAndShare(
    plan,
    { opens: "the casebook", fingerprint: program.fingerprint, cards: join(work, "cards") },
    async (secret) => {
      const vault = { ...keys, program: program.secretBytes, review: reviewSeed };
      await writeDurably(join(work, "casebook", VAULT_FILE), [await lockVault(vault, secret)]);
    },
  );
  const rewardsCards = await lockAndShare(
    plan,
    { opens: "the rewards certificate", fingerprint: rewards.fingerprint, cards: join(work, "rewards", "cards") },
    async (secret) => {
      await writeDurably(join(work, "rewards", "rewards.locked"), [await lockSecret(rewards.secretBytes, secret)]);
    },
  );

  say("opening the casebook");
  const opening = {
    origin,
    program: program.fingerprint,
    rewards: rewards.fingerprint,
    review: review.text,
    grace_days: plan.retention.graceDays,
    demo,
  };
  becomeWriter(join(work, "casebook")).release();
  const { people, cards: peopleCards } = await equip(plan, join(work, "people"), program.fingerprint);
  const casebook = await Casebook.create(join(work, "casebook"), keys, people, opening, now);
  await typeBack([...casebookCards, ...rewardsCards, ...peopleCards], plan.typing, work, say);

  const text = protocolText(plan, casebook, { program: program.fingerprint, rewards: rewards.fingerprint, review: review.text }, now);
  await writeDurably(join(work, "ceremony.note"), [await signer.sign(text)]);

  const from = now.toISOString().slice(0, 10);
  const decided = { origin, from, policy: plan.retention, people: plan.signers, demo };
  const retentionNote = await makeFirstPolicy(join(work, "retention"), decided, signer);
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

/** What was done, for people: the text of the ceremony's note. */
function protocolText({ origin, needed, shares, demo }: CeremonyPlan, { people }: Casebook, made: CeremonyResult, now: Date): string {
  const lines = [
    `${origin}/ceremony/v1`,
    `date ${now.toISOString().slice(0, 10)}`,
    `practice ${demo ? "yes" : "no"}`,
    `program ${made.program}`,
    `rewards ${made.rewards}`,
    `review ${made.review}`,
    `quorum ${String(needed)}/${String(shares)}`,
    ...people.map(({ name, key, roles }) => `person ${key} ${roles.join(",")} ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** People with what only they have. Whoever gave no passphrase gets a card of one of one, except in a demo. */
async function equip(plan: CeremonyPlan, folder: string, fingerprint: string): Promise<{ people: NewPerson[]; cards: Bytes[] }> {
  const { origin, demo } = plan;
  const equipped: NewPerson[] = [];
  const cards: Bytes[] = [];
  for (const [index, { name, roles, passphrase }] of plan.people.entries()) {
    if (passphrase !== null) equipped.push({ name, roles, secret: secretOfPassphrase(passphrase) });
    else if (demo) equipped.push({ name, roles, secret: null });
    else {
      const secret = randomBytes(32);
      const set = { opens: `signing as ${name}`, origin, fingerprint, shares: 1, needed: 1, demo };
      cards.push(...(await writeCards(folder, `person-${String(index + 1)}`, secret, set)));
      equipped.push({ name, roles, secret });
    }
  }
  return { people: equipped, cards };
}

/** Locks something under 256 random bits and writes their cards. Returns the shares. */
async function lockAndShare(
  { origin, needed, shares, demo }: CeremonyPlan,
  { opens, fingerprint, cards }: { opens: string; fingerprint: string; cards: string },
  lock: (secret: Bytes) => Promise<void>,
): Promise<Bytes[]> {
  const secret = randomBytes(32);
  await lock(secret);
  return writeCards(cards, "card", secret, { opens, origin, fingerprint, shares, needed, demo });
}
