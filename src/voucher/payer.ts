/**
 * Who pays: checks a voucher and takes it off the market. What was paid is a folder with one file for each voucher, called by the voucher's mark; making a file of that name succeeds once, also
 * when two counters try in the same moment or the power goes. One key has one such folder, wherever it is paid; keep it until the key's last day is over, then remove it: nothing is paid any more.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../protocol/bytes.ts";
import { verifyVoucher, voucherMark } from "../protocol/crypto/voucher.ts";
import { toHex, utf8 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { parseVoucher, type VoucherOffer } from "../protocol/format/voucher.ts";
import { writeNew } from "./new-file.ts";

/** What was paid. */
export interface Paid {
  readonly amount: number;
  readonly currency: string;
  /** Vouchers of this folder that are paid, this one too. */
  readonly paid: number;
}

/**
 * Pays a voucher on the day `today`: when it returns, the money is owed, and this voucher is worth nothing any more. With `signed`, how many the officers say they signed under the key:
 * more are never paid, since more would be forged.
 * @throws {Refusal} `bad-signature`, `already-there` if it was paid before, `wrong-state` after its last day or beyond `signed`. Nothing is paid then.
 */
export async function pay(
  bytes: Bytes,
  offer: VoucherOffer,
  { folder, signed, today }: { readonly folder: string; readonly signed: number | null; readonly today: string },
): Promise<Paid> {
  const voucher = parseVoucher(bytes);
  await verifyVoucher(voucher, offer);
  if (offer.expires < today) throw new Refusal("wrong-state", "its last day is over");
  const mark = toHex(voucherMark(voucher));
  const before = await paidIn(folder);
  if (before.has(mark)) throw new Refusal("already-there", "this voucher was paid before");
  if (signed !== null && before.size >= signed) throw new Refusal("wrong-state", "more vouchers than were signed");
  await writeNew(join(folder, mark), utf8(`${today}\n`));
  return { amount: offer.amount, currency: offer.currency, paid: before.size + 1 };
}

async function paidIn(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new Fault("reading the folder of what was paid", cause);
  });
  return new Set(names.filter((name) => /^[0-9a-f]{64}$/.test(name)));
}
