/**
 * Who may do what with vouchers, and when; called by rules.ts beside this.
 *
 * - A voucher stands for a reward that was decided and is payable, of exactly its key's amount. Two officers agree to each.
 * - A claim gets one. What is asked after two officers agreed counts for nothing.
 * - Signatures leave together, and none before there are as many as the key promises: among fewer, a voucher would not hide its holder.
 * - Nothing is agreed to or signed after a key's last day.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { VoucherOffer } from "../../protocol/format/voucher.ts";
import type { ClaimSubject } from "./acts.ts";
import type { Claim, ClaimsState } from "./state.ts";
import { standing, type VoucherAct } from "./voucher-state.ts";

/** @throws {Refusal} with the first rule that `act` breaks. `at` is the day of the event. */
export function checkVoucherAct({ claims, vouchers }: ClaimsState, act: VoucherAct, at: string): void {
  switch (act.kind) {
    case "voucher-key-made":
      if (act.offer.expires < at) throw new Refusal("bad-field", "expires");
      if ([...vouchers.keys.values()].some(({ offer }) => offer.modulus === act.offer.modulus)) throw new Refusal("already-there", "key");
      return;
    case "vouchers-asked":
      for (const { claim, key, tip } of act.requests)
        if (!claims.has(claim) || !vouchers.keys.has(key) || vouchers.tips.has(tip))
          throw new Refusal("casebook-damaged", "a request that counts for nothing");
      return;
    case "vouchers-signed": {
      const offer = requireKey({ vouchers }, act.key);
      const { waiting, signed } = standing(vouchers, act.key);
      if (offer.expires < at) throw new Refusal("wrong-state", "the key's last day is over");
      if (waiting.length === 0) throw new Refusal("nothing-to-do", "no voucher waits to be signed");
      const all = new Set(act.claims).size === act.claims.length && act.claims.length === waiting.length;
      if (!all || !waiting.every(({ claim }) => act.claims.includes(claim)))
        throw new Refusal("bad-field", "all that wait are signed together");
      if (waiting.length + signed.length < offer.least) throw new Refusal("wrong-state", "fewer equal vouchers than the key promises");
    }
  }
}

/** @throws {Refusal} if two officers cannot agree to it as things are. */
export function checkVoucherSubject(
  { vouchers }: ClaimsState,
  claim: Claim,
  subject: Extract<ClaimSubject, { what: "sign-voucher" }>,
): void {
  const asked = vouchers.asked.get(claim.id);
  if (asked?.key !== subject.key || asked.blinded !== subject.blinded) throw new Refusal("no-such-item", "request");
  if (asked.agreed !== null) throw new Refusal("already-there", "voucher");
  if (claim.state !== "payable") throw new Refusal("wrong-state", claim.state);
  const { reward } = claim;
  const offer = requireKey({ vouchers }, subject.key);
  if (reward?.form !== "voucher" || reward.money.amount !== offer.amount || reward.money.currency !== offer.currency)
    throw new Refusal("not-allowed", "the reward is not what the key stands for");
  if (offer.expires < subject.date) throw new Refusal("wrong-state", "the key's last day is over");
}

/** What a key stands for. @throws {Refusal} `no-such-item`. */
function requireKey({ vouchers }: Pick<ClaimsState, "vouchers">, name: string): VoucherOffer {
  const key = vouchers.keys.get(name);
  if (key === undefined) throw new Refusal("no-such-item", "voucher key");
  return key.offer;
}
