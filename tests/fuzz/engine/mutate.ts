/** Making new inputs from old ones: several small changes at once, of bytes, of numbers, of words, and from what an input was compared with. */
import type { Comparison } from "./instrument.ts";

/** Reproducible chance: xorshift32. It chooses tests and protects nothing. */
export class Chance {
  #state: number;

  /** @param seed any whole number but 0 of 32 bits. */
  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** A whole number from 0 to below `limit`, which is at least 1 and at most 2^32. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  /** One of `items`, which are not empty. */
  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  }
}

/** What mutations draw from. */
export interface Material {
  /** Octets that may be written somewhere. */
  readonly words: readonly Uint8Array[];
  /** Another input of the corpus. */
  readonly other: Uint8Array;
  /** What the input failed to be equal to; may be empty. */
  readonly comparisons: readonly Comparison[];
  /** Longest input. */
  readonly longest: number;
}

const INTERESTING = [0, 1, 2, 9, 10, 13, 16, 32, 34, 44, 46, 47, 48, 57, 58, 64, 92, 100, 126, 127, 128, 192, 254, 255] as const;

type Change = (input: Uint8Array, chance: Chance, material: Material) => Uint8Array;

/** Changes in any order, some listed twice because they find more. */
const CHANGES: readonly Change[] = [
  (input, chance) => edited(input, (copy) => (copy[chance.below(copy.length)]! ^= 1 << chance.below(8))),
  (input, chance) => edited(input, (copy) => (copy[chance.below(copy.length)] = chance.below(256))),
  (input, chance) => edited(input, (copy) => (copy[chance.below(copy.length)] = chance.of(INTERESTING))),
  (input, chance) => edited(input, (copy) => (copy[chance.below(copy.length)]! += chance.below(2) === 0 ? 1 : 255)),
  changeInteger,
  changeDecimal,
  (input, chance) => splice(input, chance.below(input.length + 1), 0, randomOctets(chance, 1 + chance.below(8))),
  removeRange,
  removeRange,
  repeatRange,
  overwriteRange,
  writeWord,
  writeWord,
  crossOver,
  answerComparison,
  answerComparison,
];

/** A changed copy of `input`, never longer than `material.longest`. */
export function mutate(input: Uint8Array, chance: Chance, material: Material): Uint8Array {
  let changed = input;
  const times = 1 << chance.below(4);
  for (let time = 0; time < times; time++) changed = chance.of(CHANGES)(changed, chance, material);
  return changed.length > material.longest ? changed.slice(0, material.longest) : changed;
}

function edited(input: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array {
  const copy = input.slice();
  if (copy.length > 0) edit(copy);
  return copy;
}

function splice(input: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const result = new Uint8Array(input.length - removed + added.length);
  result.set(input.subarray(0, at));
  result.set(added, at);
  result.set(input.subarray(at + removed), at + added.length);
  return result;
}

function randomOctets(chance: Chance, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => chance.below(256));
}

/** Where a piece begins and how long it is; mostly short. */
function piece(length: number, chance: Chance): [at: number, length: number] {
  const at = chance.below(length + 1);
  const most = Math.min(length - at, chance.below(4) === 0 ? length : 64);
  return [at, most === 0 ? 0 : 1 + chance.below(most)];
}

function changeInteger(input: Uint8Array, chance: Chance): Uint8Array {
  const octets = chance.of([2, 4, 8] as const);
  if (input.length < octets) return input;
  return edited(input, (copy) => {
    const at = chance.below(copy.length - octets + 1);
    const big = chance.below(2) === 0;
    const value = chance.of([0, 1, input.length, input.length - at, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff]);
    for (let place = 0; place < octets; place++) copy[big ? at + octets - 1 - place : at + place] = Math.floor(value / 256 ** place);
  });
}

/** Writes another number where digits stand. */
function changeDecimal(input: Uint8Array, chance: Chance): Uint8Array {
  const isDigit = (at: number): boolean => (input[at] ?? 0) >= 48 && (input[at] ?? 0) <= 57;
  const start = chance.below(input.length + 1);
  let at = start;
  while (at < input.length && !isDigit(at)) at++;
  let end = at;
  while (end < input.length && isDigit(end)) end++;
  if (at === end) return input;
  const number = chance.of([
    "0",
    "1",
    "00",
    "-1",
    "65535",
    "65536",
    "4294967296",
    "9007199254740992",
    "1e9",
    "99999999",
    String(input.length),
  ]);
  return splice(input, at, end - at, ascii(number));
}

function removeRange(input: Uint8Array, chance: Chance): Uint8Array {
  const [at, length] = piece(input.length, chance);
  return splice(input, at, length, new Uint8Array(0));
}

function repeatRange(input: Uint8Array, chance: Chance): Uint8Array {
  const [at, length] = piece(input.length, chance);
  return splice(input, chance.below(input.length + 1), 0, input.slice(at, at + length));
}

function overwriteRange(input: Uint8Array, chance: Chance): Uint8Array {
  const [at, length] = piece(input.length, chance);
  return edited(input, (copy) => copy.copyWithin(chance.below(copy.length), at, at + length));
}

function writeWord(input: Uint8Array, chance: Chance, { words }: Material): Uint8Array {
  if (words.length === 0) return input;
  const word = chance.of(words);
  const at = chance.below(input.length + 1);
  return splice(input, at, chance.below(2) === 0 ? 0 : Math.min(word.length, input.length - at), word);
}

function crossOver(input: Uint8Array, chance: Chance, { other }: Material): Uint8Array {
  const [at, length] = piece(other.length, chance);
  const [from, replaced] = piece(input.length, chance);
  return splice(input, from, replaced, other.subarray(at, at + length));
}

/** Writes what was wanted where what was found stands: a text as it is, a number as octets in either order or in digits. */
function answerComparison(input: Uint8Array, chance: Chance, { comparisons }: Material): Uint8Array {
  if (comparisons.length === 0) return input;
  const pair = chance.of(comparisons);
  const [found, wanted] = chance.below(2) === 0 ? pair : [pair[1], pair[0]];
  const octets = chance.of([1, 2, 4] as const);
  const way = chance.of(["digits", "big", "little"] as const);
  const write = (value: string | number): Uint8Array => {
    if (typeof value === "string" || way === "digits") return ascii(String(value));
    const little = Uint8Array.from({ length: octets }, (_, place) => Math.floor(value / 256 ** place) % 256);
    return way === "big" ? little.reverse() : little;
  };
  const sought = write(found);
  const at = placeOf(input, sought, chance);
  return at < 0 ? input : splice(input, at, sought.length, write(wanted));
}

function placeOf(input: Uint8Array, sought: Uint8Array, chance: Chance): number {
  if (sought.length === 0) return -1;
  const whole = Buffer.from(input.buffer, input.byteOffset, input.length);
  const later = whole.indexOf(sought, chance.below(input.length + 1));
  return later < 0 ? whole.indexOf(sought) : later;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
