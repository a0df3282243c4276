/** The key of a referral's words: from the keys of all its tips, so that it is gone as soon as one of them is. */
import type { Bytes } from "../../protocol/bytes.ts";
import { concat } from "../../protocol/bytes.ts";
import { hkdf } from "../../protocol/crypto/hash.ts";
import { utf8 } from "../../protocol/encoding.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { requireReferral } from "./rules.ts";

/** 32 bytes: HKDF-SHA-256 over the tips' keys in the order of the tips' ids. @throws {Refusal} `tip-destroyed`, `no-such-item`. */
export async function dossierKey(casebook: Casebook, referral: number): Promise<Bytes> {
  const { tips } = requireReferral(casebook.state, referral).drafted.act;
  const keys: Bytes[] = [];
  for (const id of [...new Set(tips)].sort()) keys.push(await casebook.tipKeys.of(casebook.state.tip(id).bundle, id));
  return hkdf(concat(...keys), new Uint8Array(0), utf8(`firsthand/dossier/v1 ${String(referral)}`), 32);
}
