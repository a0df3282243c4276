/**
 * The saved form of a tip: what the offline page writes and a plain form uploads. Specification section 7.
 *
 *     0    D5 20              padding packet of 32 octets (RFC 9580 section 5.14)
 *     2    commitment (32)
 *     34   the envelope
 *
 * Any OpenPGP reader skips a padding packet, so the file is still a message that opens with the program's secret. The server needs the commitment, and nobody
 * without a script could send it beside the file.
 */
import { type Bytes, concat } from "../bytes.ts";
import { Refusal } from "../errors.ts";

/** Octets before the envelope. */
export const SAVED_HEADER_LENGTH = 34;

const PADDING_PACKET = Uint8Array.of(0xd5, 32);

/** What stands before the envelope in the saved form. `commitment` is 32 bytes. */
export function formatSavedHeader(commitment: Uint8Array): Bytes {
  if (commitment.length !== 32) throw new Error("a commitment is 32 bytes");
  return concat(PADDING_PACKET, commitment);
}

/**
 * The commitment in the first {@link SAVED_HEADER_LENGTH} octets of a saved form.
 * @throws {Refusal} `truncated` if there are fewer, `trailing-bytes` if there are more, `wrong-framing` if they are no padding packet of this length.
 */
export function parseSavedHeader(bytes: Bytes): Bytes {
  if (bytes.length < SAVED_HEADER_LENGTH) throw new Refusal("truncated");
  if (bytes.length > SAVED_HEADER_LENGTH) throw new Refusal("trailing-bytes");
  if (PADDING_PACKET.some((octet, index) => bytes[index] !== octet)) throw new Refusal("wrong-framing");
  return bytes.slice(PADDING_PACKET.length);
}
