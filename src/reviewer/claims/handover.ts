/**
 * What goes from the reviewers' casebook to the reward officers': the claim parts of tips, still sealed, every tip's, whatever is in them; the challenges that witnesses were asked to
 * answer; and of each referral how it stands and the author's summary and significance, nothing else. Nobody who makes it can read a claim part, so nothing in it, and
 * not whether there is anything in it, depends on who wants a reward.
 *
 *     canonical JSON { handover: text, signature: Ed25519 by the review key over "firsthand/claims-handover/v1" 0x00 ‖ text }
 *     text = canonical JSON { challenges, made, origin, referrals, rewards, tips: [ { batch, commitment, date, sealed, thread, tip } ], version: 1 }
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { collect } from "../../protocol/bytes.ts";
import type { SecretCertificate } from "../../protocol/crypto/certificate.ts";
import { challengeDigest, verifyClaimProof } from "../../protocol/crypto/claim.ts";
import { signingKeyFromSeed, verifySignature } from "../../protocol/crypto/ed25519.ts";
import { openEnvelope } from "../../protocol/crypto/envelope.ts";
import { withDomain } from "../../protocol/crypto/hash.ts";
import { openTip } from "../../protocol/crypto/tip.ts";
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type Claim as ClaimPart, CLAIM_CONTENT, CLAIM_LENGTH, parseClaim } from "../../protocol/format/claim.ts";
import { formatJson, hex, list, nullable, oneOf, parseJson, record, text } from "../../protocol/format/json.ts";
import { PURPOSES } from "../../protocol/format/reply.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { ActOf } from "../casebook/event.ts";
import { DATE, NUMBER, tipId } from "../casebook/identifiers.ts";
import { readRecord, sealedItem, type ShelvedTip, tipsOf } from "../casebook/shelf.ts";
import { openWords } from "../casebook/tip-keys.ts";
import { dossierKey } from "../referral/dossier-key.ts";
import { lastOf } from "../referral/rules.ts";
import { parseDossier } from "../referral/dossier.ts";
import { REFERRAL_MACHINE, statesOf } from "../triage/machines.ts";
import { OUTCOMES } from "../triage/vocabulary.ts";
import type { REFUSED } from "./acts.ts";

const DOMAIN = "firsthand/claims-handover/v1";
const MANY = 4_000_000;

const reader = record({
  challenges: list(
    record({ date: DATE, nonce: hex(32), program: text(200, 1), purpose: oneOf(PURPOSES), tip: tipId, thread: hex(32) }),
    MANY,
  ),
  made: DATE,
  origin: text(255, 1),
  referrals: list(
    record({
      outcome: nullable(oneOf(OUTCOMES)),
      reference: nullable(text(200, 1)),
      referral: NUMBER,
      significance: text(40_000),
      state: oneOf(statesOf(REFERRAL_MACHINE)),
      summary: text(40_000),
      tips: list(tipId, 1_000),
      title: text(200, 1),
    }),
    100_000,
  ),
  rewards: hex(32),
  tips: list(
    record({
      batch: NUMBER,
      commitment: hex(32),
      date: DATE,
      sealed: text(4 * Math.ceil(CLAIM_LENGTH / 3), 1),
      thread: hex(32),
      tip: tipId,
    }),
    MANY,
  ),
  version: oneOf([1]),
});

export type Handover = ReturnType<typeof reader>;

const SIGNED = record({ handover: text(Number.MAX_SAFE_INTEGER, 1), signature: hex(64) });

/** What of a casebook is to be handed over: claim parts of tips that were not before, or of `all`; challenges and referrals always. */
export async function gatherHandover(casebook: Casebook, all: boolean, made: string): Promise<Handover> {
  const before = new Set(casebook.acts("claims-handed-over").flatMap(({ tips }) => tips));
  const shelved = tipsOf(casebook).filter(({ entry }) => !casebook.state.tip(entry.id).destroyed);
  const tips: Handover["tips"] = [];
  for (const tip of shelved.filter(({ entry }) => all || !before.has(entry.id))) tips.push(await handedTip(casebook, tip));
  const threads = new Map(shelved.map(({ entry }) => [entry.id, entry.thread]));
  const challenges = casebook.acts("replied").flatMap(({ asked, date, tip }) => {
    const thread = threads.get(tip);
    return asked === null || thread === undefined ? [] : [{ date, ...asked, tip, thread }];
  });
  const { origin, rewards } = casebook.opened;
  return { challenges, made, origin, referrals: await referralsFor(casebook), rewards, tips, version: 1 };
}

async function handedTip(casebook: Casebook, shelved: ShelvedTip): Promise<Handover["tips"][number]> {
  const { bundle, date, entry } = shelved;
  const { sessionKey } = await readRecord(casebook, shelved);
  const opened = await openTip(sealedItem(casebook, bundle, entry.batch, entry.position), () => Promise.resolve(sessionKey), {
    attachment: () => Promise.resolve(),
  });
  if (opened.kind !== "tip" || toHex(opened.digest) !== entry.digest) throw new Refusal("digest-mismatch");
  const { batch, commitment, id, thread } = entry;
  return { batch, commitment, date, sealed: toBase64(opened.claim), thread, tip: id };
}

async function referralsFor(casebook: Casebook): Promise<Handover["referrals"]> {
  const { state } = casebook;
  const handed: Handover["referrals"] = [];
  for (const [referral, { drafted, state: now }] of state.referrals) {
    const { tips, title } = drafted.act;
    const fixed = lastOf(state, "dossier-fixed", referral);
    if (fixed === null || tips.some((tip) => state.tip(tip).destroyed)) continue;
    const { significance, summary } = parseDossier(utf8(await openWords(fixed.sealed, await dossierKey(casebook, referral))));
    const answers = casebook.acts("agency-answered").filter((answer) => answer.referral === referral);
    handed.push({
      outcome: answers.at(-1)?.outcome ?? null,
      reference: answers.findLast(({ reference }) => reference !== null)?.reference ?? null,
      ...{ referral, significance, state: now, summary, tips, title },
    });
  }
  return handed;
}

/** The file of a hand-over, signed by the review key of this seed (32 bytes). */
export async function formatHandover(handover: Handover, reviewSeed: Bytes): Promise<Bytes> {
  const bytes = formatJson(handover);
  const key = await signingKeyFromSeed(reviewSeed);
  return formatJson({ handover: fromUtf8(bytes), signature: toHex(await key.sign(withDomain(DOMAIN, bytes))) });
}

/** The hand-over in a file. `review` is the review key, 32 bytes. @throws {Refusal} `bad-signature`, `not-canonical-json`, `bad-field`. */
export async function parseHandover(file: Bytes, review: Bytes): Promise<Handover> {
  const { handover, signature } = SIGNED(parseJson(file), "handover");
  const bytes = utf8(handover);
  await verifySignature(review, withDomain(DOMAIN, bytes), fromHex(signature, 64));
  return reader(parseJson(bytes), "handover");
}

type Taken = Omit<ActOf<"claims-taken-in">, "kind" | "sha256">;

/**
 * Opens what was handed over: claims, and which challenges they answer. What counts for nothing is kept with the reason.
 * @param known digests of challenges with the thread they went to, and those that were answered already.
 */
export async function openHandover(
  { challenges: asked, referrals, tips }: Handover,
  rewards: SecretCertificate,
  known: { readonly challenges: ReadonlyMap<string, { readonly thread: string }>; readonly answered: ReadonlySet<string> },
): Promise<Taken> {
  const challenges = asked.map(({ nonce, date, program, purpose, thread }) => ({
    digest: toHex(challengeDigest({ nonce: fromHex(nonce, 32), program, purpose }, date)),
    ...{ date, program, thread },
  }));
  const threads = new Map([...known.challenges, ...challenges.map((challenge) => [challenge.digest, challenge] as const)]);
  const answered = new Set(known.answered);
  const taken: Taken["tips"] = [];
  // In the order of the log: of two answers to one challenge the first counts.
  for (const { sealed, ...tip } of tips.toSorted((one, other) => one.batch - other.batch)) {
    const part = await openPart(fromBase64(sealed), rewards);
    const { proof, refused } =
      part === null ? { proof: null, refused: "unreadable" as const } : await judge(part, tip.thread, threads, answered);
    if (proof !== null) answered.add(proof);
    taken.push({ ...tip, claim: claimOf(part), proof, refused });
  }
  return { challenges, referrals, tips: taken };
}

function claimOf(part: ClaimPart | null): string | null {
  return part === null || part.claim === null ? null : toHex(part.claim);
}

/** What a sealed claim part says, or null if it does not open. */
export async function openPart(sealed: Bytes, rewards: SecretCertificate): Promise<ClaimPart | null> {
  try {
    const { content } = await openEnvelope(piecesOf(sealed), (pkesk) => rewards.decryptSessionKey(pkesk));
    return parseClaim(await collect(content, CLAIM_CONTENT));
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** Whether a part is its tip's, and its proof what was asked of this witness. */
async function judge(
  { claim, proof, thread }: ClaimPart,
  ofTip: string,
  threads: ReadonlyMap<string, { readonly thread: string }>,
  answered: ReadonlySet<string>,
): Promise<{ proof: string | null; refused: (typeof REFUSED)[number] | null }> {
  const no = (refused: (typeof REFUSED)[number]) => ({ proof: null, refused });
  if (toHex(thread) !== ofTip) return no("another-thread");
  if (claim === null || proof === null) return { proof: null, refused: null };
  const digest = toHex(proof.challenge);
  const asked = threads.get(digest);
  if (asked === undefined) return no("unknown-challenge");
  if (asked.thread !== ofTip) return no("another-witness");
  if (answered.has(digest)) return no("replayed");
  try {
    await verifyClaimProof(claim, proof, proof.challenge);
  } catch (error) {
    if (error instanceof Refusal) return no("not-signed");
    throw error;
  }
  return { proof: digest, refused: null };
}

// eslint-disable-next-line @typescript-eslint/require-await -- an asynchronous source of one piece
async function* piecesOf(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield bytes;
}
