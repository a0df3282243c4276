/**
 * Vouchers: many equal rewards, each good for one payment to whoever brings it. Specification section 17. A voucher is signed blindly (RFC 9474), so those who sign never see it and
 * who pays cannot tell which of those signatures it came from.
 *
 *     offer    canonical JSON { amount, currency, expires, least, modulus, version: 1 }      what one key stands for: one amount, one last day. Public
 *     voucher  canonical JSON { key, message, signature, version: 1 }                       what is brought to the payer
 *
 * `modulus` is an RSA modulus of 3,072 bits in base64; the exponent is 65,537. A key is called by the hash of its offer, so neither amount nor last day can be another for some.
 */
import type { Bytes } from "../bytes.ts";
import { fromHex, toBase64, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { voucherOctets } from "./claim.ts";
import { parseDate } from "./date.ts";
import { formatJson, hex, integer, matching, oneOf, parseJson, type Reader, record, text } from "./json.ts";

/** Octets of a voucher's message: 32 random ones that RFC 9474 puts before (section 4.1), 32 random ones that make it one of its kind. */
export const VOUCHER_MESSAGE = 64;

/** What a key stands for. */
export type VoucherOffer = {
  /** In whole units of the currency (ISO 4217). */
  readonly amount: number;
  readonly currency: string;
  /** Last day on which it is paid, `YYYY-MM-DD`. */
  readonly expires: string;
  /** No signature leaves before so many can: among how many a voucher hides at least. 2 to 1,000,000. */
  readonly least: number;
  /** Base64. */
  readonly modulus: string;
  readonly version: 1;
};

/** What is brought to the payer. */
export interface Voucher {
  /** The key's name, 32 bytes. */
  readonly key: Bytes;
  /** {@link VOUCHER_MESSAGE} bytes. */
  readonly message: Bytes;
  /** RSASSA-PSS with SHA-384 and a salt of 48 octets over `message`, 384 bytes. */
  readonly signature: Bytes;
}

const modulus: Reader<string> = (value, where) => {
  const octets = voucherOctets(value, where);
  const [first = 0, last = 0] = [octets[0], octets.at(-1)];
  if (first < 0x80 || last % 2 === 0) throw new Refusal("bad-field", where);
  return toBase64(octets);
};

const day: Reader<string> = (value, where) => {
  const written = text(10, 10)(value, where);
  parseDate(written);
  return written;
};

const readFields = record<VoucherOffer>({
  amount: integer(1, 1_000_000_000),
  currency: matching(/[A-Z]{3}/),
  expires: day,
  least: integer(2, 1_000_000),
  modulus,
  version: oneOf([1]),
});

/** An offer inside something else. @throws {Refusal} `bad-field`. */
export const voucherOffer: Reader<VoucherOffer> = (value, where) => {
  try {
    return readFields(value, where);
  } catch (error) {
    throw error instanceof Refusal && error.code === "bad-field" ? error : new Refusal("bad-field", where);
  }
};

/** The bytes of an offer. What {@link parseVoucherOffer} would refuse is refused here. */
export function formatVoucherOffer(offer: VoucherOffer): Bytes {
  return formatJson(voucherOffer({ ...offer }, "offer"));
}

/** The offer in these bytes. @throws {Refusal} `not-canonical-json`, `bad-field`. */
export function parseVoucherOffer(bytes: Uint8Array): VoucherOffer {
  return voucherOffer(parseJson(bytes), "offer");
}

/** The bytes of a voucher. */
export function formatVoucher({ key, message, signature }: Voucher): Bytes {
  const bytes = formatJson({ key: toHex(key), message: toHex(message), signature: toBase64(signature), version: 1 });
  parseVoucher(bytes);
  return bytes;
}

const bytesOf =
  (length: number): Reader<Bytes> =>
  (value, where) =>
    fromHex(hex(length)(value, where));
const readVoucher = record({ key: bytesOf(32), message: bytesOf(VOUCHER_MESSAGE), signature: voucherOctets, version: oneOf([1]) });

/** The voucher in these bytes, nothing of it checked. @throws {Refusal} `not-canonical-json`, `bad-field`, `not-base64`. */
export function parseVoucher(bytes: Uint8Array): Voucher {
  const { key, message, signature } = readVoucher(parseJson(bytes), "voucher");
  return { key, message, signature };
}

const BEGIN = "BEGIN VOUCHER ANSWER";
const END = "END VOUCHER ANSWER";

/** The lines that bring a blind signature (384 bytes) in a reply. */
export function formatVoucherAnswer(blindSignature: Bytes): string {
  return `${BEGIN}\n${toBase64(blindSignature)}\n${END}`;
}

/** The blind signature in a reply that was copied from a page, however its lines were broken. @throws {Refusal} `truncated` if it is not there, `not-base64`, `bad-field`. */
export function findVoucherAnswer(reply: string): Bytes {
  const start = reply.indexOf(BEGIN);
  const end = reply.indexOf(END, start);
  if (start < 0 || end < 0) throw new Refusal("truncated", "answer");
  return voucherOctets(reply.slice(start + BEGIN.length, end).replaceAll(/\s+/g, ""), "answer");
}
