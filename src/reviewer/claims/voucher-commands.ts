/** The commands about vouchers. `tell` is the reviewers', everything else the reward officers'. They return what is to be said. */
import { parseVoucherOffer, formatVoucherAnswer, formatVoucherOffer, type VoucherOffer } from "../../protocol/format/voucher.ts";
import { fromBase64, toHex } from "../../protocol/encoding.ts";
import { voucherKeyName } from "../../protocol/crypto/voucher-request.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeNewFile } from "../casebook/durable-file.ts";
import { recordReply } from "../casebook/replies.ts";
import type { ShelvedTip } from "../casebook/shelf.ts";
import { asWriter, type Desk, sitDown } from "../desk.ts";
import { readInput } from "../input-file.ts";
import { answerable, readTold } from "../referral/commands.ts";
import { sha256Hex } from "../referral/files.ts";
import { type Answer, count } from "../views.ts";
import { findClaim, proposeInCasebook, requireRewards } from "./commands.ts";
import { answersOf, formatVoucherAnswers, parseVoucherAnswers } from "./voucher-answers.ts";
import { makeVoucherKey } from "./voucher-key.ts";
import { standing, type VoucherKey } from "./voucher-state.ts";

/** Makes a key for equal vouchers; its offer, which everybody is to see, into a new file. */
export function makeKey(file: string, terms: Omit<VoucherOffer, "modulus" | "version">, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    requireRewards(casebook);
    const { modulus, secret } = makeVoucherKey();
    const bytes = formatVoucherOffer({ ...terms, modulus, version: 1 });
    const offer = parseVoucherOffer(bytes);
    await casebook.append({ kind: "voucher-key-made", offer, secret }, person, desk.now);
    await writeNewFile(file, [bytes]);
    const key = toHex(voucherKeyName(offer));
    return {
      json: { key, file },
      lines: [
        `Voucher key ${key}.`,
        `${file} is for everybody: as voucher.offer in program.json, so that the page shows the key and the log has the page; and for whoever pays.`,
      ],
    };
  });
}

/** Every key: what was asked for, agreed to and signed under it, and among how many a voucher hides. */
export async function listKeys(desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  requireRewards(casebook);
  const { vouchers } = casebook.state.claims;
  const keys = [...vouchers.keys.values()].map(({ name, offer }) => {
    const { waiting, signed } = standing(vouchers, name);
    const asked = [...vouchers.asked.values()].filter((one) => one.key === name && one.agreed === null);
    const { amount, currency, expires, least } = offer;
    return {
      key: name,
      amount,
      currency,
      expires,
      least,
      asked: asked.map(({ claim }) => claim),
      agreed: waiting.length,
      signed: signed.length,
    };
  });
  return {
    json: { keys },
    lines: keys.flatMap(({ key, amount, currency, expires, least, asked, agreed, signed }) => [
      `${key}  ${String(amount)} ${currency} until ${expires}`,
      `  asked for by ${count(asked.length, "claim")}${asked.length === 0 ? "" : `: ${asked.map((claim) => claim.slice(0, 16)).join(", ")}`}; ${String(agreed)} agreed to, ${String(signed)} signed`,
      `  ${hidingPlace(signed, least)}`,
    ]),
  };
}

/** What can honestly be said of how well a voucher hides. */
function hidingPlace(signed: number, least: number): string {
  if (signed === 0) return `Nothing was signed. Nothing will be before ${String(least)} can be.`;
  return (
    `${String(signed)} equal vouchers were signed. Who pays one cannot tell which of these claims it belongs to, and nor can you; ` +
    `that it is one of them everybody here knows. A day soon after a signing, an amount, a place narrow it down.`
  );
}

/** Proposes to pay a claim by the voucher that its holder asked for. */
export function agree(prefix: string, date: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { id } = findClaim(casebook, prefix);
    const asked = casebook.state.claims.vouchers.asked.get(id);
    if (asked === undefined) throw new Refusal("no-such-item", "request");
    return proposeInCasebook(casebook, { what: "sign-voucher", claim: id, date, key: asked.key, blinded: asked.blinded }, person, desk.now);
  });
}

/** Signs everything that was agreed to under a key, or makes the last round's file `again`. The file is for the reviewers, who bring each witness theirs. */
export function sign(prefix: string, file: string, again: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const key = findKey(casebook, prefix);
    const { claims: state } = casebook.state;
    const { waiting, signed } = standing(state.vouchers, key.name);
    const last = Math.max(0, ...signed.map((asked) => asked.signed ?? 0));
    const round = again ? signed.filter((asked) => asked.signed === last) : waiting;
    if (round.length === 0) throw new Refusal("nothing-to-do", "no voucher waits to be signed");
    const { answers, claims } = answersOf(state, key, round, desk.now.toISOString().slice(0, 10));
    const bytes = formatVoucherAnswers(answers);
    if (!again) await casebook.append({ kind: "vouchers-signed", key: key.name, claims, sha256: sha256Hex(bytes) }, person, desk.now);
    await writeNewFile(file, [bytes]);
    return {
      json: { file, signed: claims.length, witnesses: answers.answers.length },
      lines: [
        `${file}: ${String(claims.length)} signed, among numbers for ${String(answers.answers.length)} witnesses of the same referrals. Who does not know cannot tell them apart.`,
        "Take it to the reviewers: vouchers tell FILE --text FILE.",
      ],
    };
  });
}

/** Brings every witness of the referrals their number, under the same words. */
export function tell(file: string, textFile: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { answers, referrals } = parseVoucherAnswers(await readInput(file));
    const text = await readTold(textFile);
    const numbers = new Map(answers.map(({ answer, thread }) => [thread, answer]));
    const witnesses = new Map<string, ShelvedTip>();
    for (const referral of referrals)
      for (const shelved of await answerable(casebook, referral)) witnesses.set(shelved.entry.thread, shelved);
    let told = 0;
    for (const [thread, shelved] of witnesses) {
      const answer = numbers.get(thread);
      if (answer === undefined) continue;
      await recordReply(
        casebook,
        shelved,
        { text: `${text}\n\n${formatVoucherAnswer(fromBase64(answer))}`, challenge: false },
        person,
        desk.now,
      );
      told++;
    }
    if (told === 0) throw new Refusal("no-reply-wanted");
    return { json: { told }, lines: [`${String(told)} will read it after the next outbox, each with a number of their own.`] };
  });
}

function findKey(casebook: Casebook, prefix: string): VoucherKey {
  requireRewards(casebook);
  const found = [...casebook.state.claims.vouchers.keys.values()].filter(({ name }) => name.startsWith(prefix));
  const [key] = found;
  if (!/^[0-9a-f]{8,64}$/.test(prefix) || key === undefined || found.length > 1) throw new Refusal("no-such-item", "voucher key");
  return key;
}
