/** Requests for vouchers in claim parts that were handed over. A request counts if the claim's holder signed it, for a key of this casebook, in a tip of the claim's own thread. */
import type { SecretCertificate } from "../../protocol/crypto/certificate.ts";
import { verifyVoucherRequest } from "../../protocol/crypto/voucher-request.ts";
import { fromBase64, toBase64, toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { ActOf } from "../casebook/event.ts";
import { type Handover, openPart } from "./handover.ts";
import type { ClaimsState } from "./state.ts";

/** New requests in these tips, in the order of the log, and tips whose request counts for nothing. Without a voucher key nothing is opened: vouchers are off. */
export async function openVoucherRequests(
  tips: Handover["tips"],
  rewards: SecretCertificate,
  { claims, vouchers }: ClaimsState,
): Promise<{ readonly requests: ActOf<"vouchers-asked">["requests"]; readonly refused: string[] }> {
  const requests: ActOf<"vouchers-asked">["requests"] = [];
  const refused: string[] = [];
  if (vouchers.keys.size === 0) return { requests, refused };
  for (const { sealed, thread, tip } of tips.toSorted((one, other) => one.batch - other.batch)) {
    if (vouchers.tips.has(tip)) continue;
    const part = await openPart(fromBase64(sealed), rewards);
    if (part?.voucher === undefined || part.claim === null) continue;
    const [claim, key] = [toHex(part.claim), toHex(part.voucher.key)];
    const own = toHex(part.thread) === thread && claims.get(claim)?.thread === thread;
    if (own && vouchers.keys.has(key) && (await isSigned(part.claim, part.voucher)))
      requests.push({ tip, claim, key, blinded: toBase64(part.voucher.blinded) });
    else refused.push(tip);
  }
  return { requests, refused };
}

async function isSigned(...asked: Parameters<typeof verifyVoucherRequest>): Promise<boolean> {
  try {
    await verifyVoucherRequest(...asked);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
