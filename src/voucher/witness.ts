/**
 * The witness's two steps, on a machine that needs no network. `ask` makes a tip that carries a blinded voucher in its sealed claim part, in the saved form that the plain form of the page takes:
 * to the server and to those who judge tips it is one more follow-up. `take` turns the number that comes back in the mailbox into the voucher.
 *
 * Not in the page: loading a script for it only when somebody is paid would show the server who is, and loading it for everybody does not fit the page's weight. So what has to be kept between
 * the steps lies in a file, sealed under a key of the twelve words: a reply (section 10) to oneself.
 */
import { type Bytes, collect, concat } from "../protocol/bytes.ts";
import { deriveKeys, voucherKeepsakeKey } from "../protocol/crypto/codename.ts";
import { epochsAt, openKeyring, type PinnedFingerprints } from "../protocol/crypto/keyring.ts";
import { openReply, sealReply } from "../protocol/crypto/reply.ts";
import { sealTip } from "../protocol/crypto/tip.ts";
import { askForVoucher, finishVoucher, type VoucherSecret } from "../protocol/crypto/voucher.ts";
import { voucherKeyName } from "../protocol/crypto/voucher-request.ts";
import { fromHex, fromUtf8, toBase64, toHex, utf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { voucherOctets } from "../protocol/format/claim.ts";
import { formatDate, SECONDS_A_DAY } from "../protocol/format/date.ts";
import { formatJson, hex, oneOf, parseJson, record } from "../protocol/format/json.ts";
import { formatSavedHeader } from "../protocol/format/saved.ts";
import { type Answers, EMPTY_ANSWERS } from "../protocol/format/vocabulary.ts";
import { findVoucherAnswer, formatVoucher, VOUCHER_MESSAGE, type VoucherOffer } from "../protocol/format/voucher.ts";

const readKept = record({ inverse: voucherOctets, key: hex(32), message: hex(VOUCHER_MESSAGE), version: oneOf([1]) });

/** What a request is made of. */
export interface Asking {
  /** Bits of the twelve words. */
  readonly bits: Bytes;
  /** Both certificates in a row, as the page has them. */
  readonly keys: Bytes;
  /** Fingerprints that these must have, as the page pins them. */
  readonly pinned: PinnedFingerprints;
  readonly offer: VoucherOffer;
  /** What the follow-up says to those who read it. */
  readonly narrative: string;
  readonly language: Answers["language"];
}

/**
 * A follow-up that asks for a voucher, in the saved form, and what is to be kept until the answer comes.
 * @throws {Refusal} `bad-field` after the key's last day; `wrong-certificate`, `clock-outside-epoch`, `bad-tip`.
 */
export async function ask(
  { bits, keys, pinned, offer, narrative, language }: Asking,
  now: Date,
): Promise<{ readonly tip: Bytes; readonly kept: Bytes }> {
  const seconds = Math.floor(now.getTime() / 1000);
  const date = formatDate(Math.floor(seconds / SECONDS_A_DAY));
  if (offer.expires < date) throw new Refusal("bad-field", "the key's last day is over");
  const epochs = epochsAt(await openKeyring(keys, pinned), seconds);
  const { mailbox, reply, thread, claim } = await deriveKeys(bits);
  const { request, secret } = await askForVoucher(offer, claim);
  const sealed = await sealTip(
    {
      answers: { ...EMPTY_ANSWERS, narrative, language },
      attachments: [],
      thread,
      sequence: Math.floor(seconds / SECONDS_A_DAY),
      reply: { mailbox, key: reply },
      claim: claim.publicKey,
      voucher: request,
    },
    epochs,
  );
  const envelope = await collect(sealed.parts, sealed.length);
  const text = fromUtf8(
    formatJson({
      inverse: toBase64(secret.inverse),
      key: toHex(request.key),
      message: toHex(secret.message),
      version: 1,
    }),
  );
  const kept = await sealReply({ challenge: null, date, text }, await voucherKeepsakeKey(bits));
  return { tip: concat(formatSavedHeader(sealed.finish().commitment), envelope), kept };
}

/**
 * The voucher's bytes. `reply` is the text of the mailbox in which the answer stands.
 * @throws {Refusal} `cannot-decrypt` with other words than those that asked; `wrong-certificate` if another key was asked; `bad-signature` if the number is for somebody else, or for nobody.
 */
export async function take({
  bits,
  kept,
  offer,
  reply,
}: {
  readonly bits: Bytes;
  readonly kept: Bytes;
  readonly offer: VoucherOffer;
  readonly reply: string;
}): Promise<Bytes> {
  const { text } = await openReply(kept, await voucherKeepsakeKey(bits));
  const { inverse, key, message } = readKept(parseJson(utf8(text)), "kept");
  if (key !== toHex(voucherKeyName(offer))) throw new Refusal("wrong-certificate", "voucher key");
  const secret: VoucherSecret = { message: fromHex(message), inverse };
  return formatVoucher(await finishVoucher(offer, secret, findVoucherAnswer(reply)));
}
