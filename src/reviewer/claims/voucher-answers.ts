/**
 * Blind signatures on their way to their witnesses. Only reviewers can answer a witness, and they must not learn who is paid; so every witness of the referrals gets a number, and for those
 * who asked for nothing it stands for nothing. To whoever does not know what was asked, a blind signature is a random number below the modulus, no more and no less; so is the other, to whoever
 * does not have the key's secret.
 *
 *     canonical JSON { answers: [ { answer, thread } ], key, made, referrals, version: 1 }      answers by thread, ascending; answer in base64
 *
 * It is not signed: a wrong number does not become a voucher, and cannot become anything else.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { fromBase64, toBase64, toHex, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { voucherOctets } from "../../protocol/format/claim.ts";
import { formatJson, hex, list, oneOf, parseJson, type Reader, record } from "../../protocol/format/json.ts";
import { DATE, NUMBER } from "../casebook/identifiers.ts";
import { type ClaimsState, referralsOf } from "./state.ts";
import { fillerNumber, signBlindly } from "./voucher-key.ts";
import type { AskedVoucher, VoucherKey } from "./voucher-state.ts";

const octets: Reader<string> = (value, where) => toBase64(voucherOctets(value, where));

const readFields = record({
  answers: list(record({ answer: octets, thread: hex(32) }), 100_000),
  key: hex(32),
  made: DATE,
  referrals: list(NUMBER, 100_000),
  version: oneOf([1]),
});

/** Answers for every witness of some referrals. */
export type VoucherAnswers = ReturnType<typeof readFields>;

/** @throws {Refusal} `not-canonical-json`, `bad-field`. */
export function parseVoucherAnswers(bytes: Bytes): VoucherAnswers {
  const read = readFields(parseJson(bytes), "answers");
  if (!read.answers.every(({ thread }, index) => index === 0 || (read.answers[index - 1]?.thread ?? "") < thread))
    throw new Refusal("bad-field", "answers");
  return read;
}

/** The file of {@link VoucherAnswers}. */
export function formatVoucherAnswers(answers: VoucherAnswers): Bytes {
  return formatJson(answers);
}

/**
 * The answers of one round: signs what these claims asked for and hides it among the witnesses of the same referrals. The same round gives the same numbers.
 * `asked` were agreed to under `key`.
 */
export function answersOf(
  state: ClaimsState,
  key: VoucherKey,
  asked: readonly AskedVoucher[],
  made: string,
): { readonly answers: VoucherAnswers; readonly claims: string[] } {
  const claims = asked.map(({ claim }) => claim).sort();
  const round = toHex(sha256(utf8(claims.join())));
  const numbers = new Map<string, Bytes>();
  const referrals = new Map<number, readonly string[]>();
  for (const { claim: id, blinded } of asked) {
    const claim = state.claims.get(id);
    if (claim === undefined) throw new Error("a voucher was agreed to for a claim that is not there");
    numbers.set(claim.thread, signBlindly(key.secret, fromBase64(blinded)));
    for (const { referral, tips } of referralsOf(state, claim)) referrals.set(referral, tips);
  }
  for (const tip of [...referrals.values()].flat()) {
    const thread = state.tips.get(tip)?.thread;
    if (thread !== undefined && !numbers.has(thread)) numbers.set(thread, fillerNumber(key.secret, key.offer.modulus, round, thread));
  }
  const answers = [...numbers].map(([thread, answer]) => ({ answer: toBase64(answer), thread }));
  answers.sort((one, other) => (one.thread < other.thread ? -1 : 1));
  return {
    answers: { answers, key: key.name, made, referrals: [...referrals.keys()].sort((one, other) => one - other), version: 1 },
    claims,
  };
}
