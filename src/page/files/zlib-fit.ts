/**
 * Packing anew to exactly the length that something had before, so that what stands behind it in a file stays where it is.
 *
 * A stream of zlib (RFC 1950) is two octets, blocks of deflate (RFC 1951), and a checksum. Between the first two go blocks that hold nothing:
 *
 *     5 octets   a stored block, empty
 *     6 octets   a block of fixed codes, empty (10 bits), then a stored block, empty
 *
 * Fives and sixes make up every length but 1 to 4, 7 to 9, 13, 14 and 19; where one of these is wanted, a space more at the end of what is packed changes it.
 */
import { type Bytes, concat } from "../../protocol/bytes.ts";

const HEADER = 2;
/** Most spaces that are tried. */
const MOST_SPACES = 24;
const STORED = Uint8Array.of(0, 0, 0, 0xff, 0xff);
/** Bits from the lowest: 0 (not the last), 10 (fixed codes), 0000000 (end of block); 0, 00 (stored), filled up to the octet. */
const FIXED_AND_STORED = Uint8Array.of(0b0000_0010, 0b0000_0000, 0, 0, 0xff, 0xff);

/** `content`, and perhaps spaces, as a stream of zlib of `length` octets; `null` if it does not fit. */
export async function zlibbedTo(length: number, content: Bytes): Promise<Bytes | null> {
  for (let spaces = 0; spaces <= MOST_SPACES; spaces++) {
    const packed = await zlibbed(concat(content, new Uint8Array(spaces).fill(0x20)));
    const missing = length - packed.length;
    if (missing < 0) return null;
    const sixes = missing % 5;
    if (6 * sixes > missing) continue;
    const whole = concat(packed.subarray(0, HEADER), new Uint8Array(missing), packed.subarray(HEADER));
    let at = HEADER;
    for (let six = 0; six < sixes; six++, at += FIXED_AND_STORED.length) whole.set(FIXED_AND_STORED, at);
    for (; at < HEADER + missing; at += STORED.length) whole.set(STORED, at);
    return whole;
  }
  return null;
}

async function zlibbed(content: Bytes): Promise<Bytes> {
  return new Uint8Array(await new Response(new Blob([content]).stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer());
}
