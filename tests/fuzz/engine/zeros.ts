/** Formats of one length, that end in zeros: mutations would seldom leave that as it is. */

/** The octets and zeros up to `length`; as they are if there are that many already. */
export function withZeros(octets: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (octets.length >= length) return octets;
  const whole = new Uint8Array(length);
  whole.set(octets);
  return whole;
}

/** The octets without the zeros at their end. */
export function withoutZeros(octets: Uint8Array): Uint8Array {
  return octets.subarray(0, octets.findLastIndex((octet) => octet !== 0) + 1);
}
