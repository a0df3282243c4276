/**
 * Numbers of batches, bundles and batch sizes: eight decimal digits, so that entries of one kind have one length whatever they count.
 */
import { Refusal } from "../errors.ts";

/** Largest number that is written. */
const LARGEST_NUMBER = 99_999_999;

/** Eight digits of an integer from 0 to 99,999,999; anything else is a bug. */
export function formatNumber(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0 || value > LARGEST_NUMBER) throw new Error("a number does not fit eight digits");
  return String(value).padStart(8, "0");
}

/** The number of eight digits, at least `least`. @throws {Refusal} `bad-field` with `where`. */
export function parseNumber(text: string, where: string, least = 0): number {
  if (!/^[0-9]{8}$/.test(text)) throw new Refusal("bad-field", where);
  const value = Number.parseInt(text, 10);
  if (value < least) throw new Refusal("bad-field", where);
  return value;
}
