/**
 * Size classes: the only content lengths there are. Specification section 4.
 *
 * 64 KiB, 256 KiB, 1 MiB, 4 MiB, and above that Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
 * PoPETs 2019) rounded up to a whole MiB: at most 25 % over right above 4 MiB, 12.5 % from 8 MiB on. Padmé alone has far more classes among small files, where
 * one class more says most about the few people who write; powers of two alone waste up to half of a large upload over a slow circuit.
 */
const MIB = 1_048_576;

/** The class of nearly every tip without files, and of every decoy: 64 KiB. */
export const SMALLEST_CLASS = 65_536;

const SMALL_CLASSES = [SMALLEST_CLASS, 262_144, MIB, 4 * MIB] as const;

/** The largest class: 4,000 MiB, below the 2^32-1 octets of one definite OpenPGP length. */
export const LARGEST_CONTENT = 4000 * MIB;

/** The smallest size class that holds `length` bytes (0 to {@link LARGEST_CONTENT}). Throws a bug outside: callers refuse too much before. */
export function sizeClassOf(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0 || length > LARGEST_CONTENT) throw new Error("no size class holds this length");
  const small = SMALL_CLASSES.find((size) => length <= size);
  if (small !== undefined) return small;
  return Math.min(LARGEST_CONTENT, Math.ceil(padme(length) / MIB) * MIB);
}

/** Padmé: the low E - S bits are rounded up to zero, E = ⌊log2 length⌋, S = ⌊log2 E⌋ + 1. `length` is above 1. */
function padme(length: number): number {
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return Math.ceil(length / step) * step;
}

/** Whether some content could have exactly this length. */
export function isSizeClass(length: number): boolean {
  return Number.isSafeInteger(length) && length > 0 && length <= LARGEST_CONTENT && sizeClassOf(length) === length;
}
