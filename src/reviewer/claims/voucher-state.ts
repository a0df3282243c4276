/** What a reward officers' casebook comes to about vouchers: keys, what claimants asked for, what two officers agreed to, and what was signed. */
import { toHex } from "../../protocol/encoding.ts";
import type { VoucherOffer } from "../../protocol/format/voucher.ts";
import { voucherKeyName } from "../../protocol/crypto/voucher-request.ts";
import type { SignedEvent } from "../casebook/event.ts";
import type { ClaimAct, ClaimSubject } from "./acts.ts";

/** A key, by which equal vouchers are signed. */
export interface VoucherKey {
  /** Name, hexadecimal. */
  readonly name: string;
  readonly offer: VoucherOffer;
  /** PKCS #8, base64. */
  readonly secret: string;
}

/** What a claim's holder asked for last. */
export interface AskedVoucher {
  readonly claim: string;
  readonly key: string;
  /** Base64. */
  readonly blinded: string;
  readonly tip: string;
  /** Two officers agreed to it; nothing that is asked later counts any more. */
  readonly agreed: { readonly date: string; readonly officers: readonly string[] } | null;
  /** Number of the event with which its signature left, or null. */
  readonly signed: number | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Acts about vouchers. */
export type VoucherAct = Extract<ClaimAct, { kind: "voucher-key-made" | "vouchers-asked" | "vouchers-signed" }>;

export class VoucherState {
  readonly #keys = new Map<string, VoucherKey>();
  readonly #asked = new Map<string, Mutable<AskedVoucher>>();
  readonly #tips = new Set<string>();

  /** By name. */
  get keys(): ReadonlyMap<string, VoucherKey> {
    return this.#keys;
  }
  /** By claim. */
  get asked(): ReadonlyMap<string, AskedVoucher> {
    return this.#asked;
  }
  /** Tips whose request was taken in. */
  get tips(): ReadonlySet<string> {
    return this.#tips;
  }

  apply(event: SignedEvent, act: VoucherAct): void {
    switch (act.kind) {
      case "voucher-key-made": {
        const name = toHex(voucherKeyName(act.offer));
        this.#keys.set(name, { name, offer: act.offer, secret: act.secret });
        return;
      }
      case "vouchers-asked":
        for (const { claim, key, blinded, tip } of act.requests) {
          this.#tips.add(tip);
          if ((this.#asked.get(claim)?.agreed ?? null) === null)
            this.#asked.set(claim, { claim, key, blinded, tip, agreed: null, signed: null });
        }
        return;
      case "vouchers-signed":
        for (const claim of act.claims) {
          const asked = this.#asked.get(claim);
          if (asked !== undefined) asked.signed = event.sequence;
        }
    }
  }

  agree({ claim, date }: Extract<ClaimSubject, { what: "sign-voucher" }>, officers: readonly string[]): void {
    const asked = this.#asked.get(claim);
    if (asked !== undefined) asked.agreed = { date, officers };
  }
}

/** Vouchers under a key: agreed to and not yet signed, and signed. */
export function standing(state: VoucherState, key: string): { readonly waiting: AskedVoucher[]; readonly signed: AskedVoucher[] } {
  const agreed = [...state.asked.values()].filter((asked) => asked.key === key && asked.agreed !== null);
  return { waiting: agreed.filter(({ signed }) => signed === null), signed: agreed.filter(({ signed }) => signed !== null) };
}
