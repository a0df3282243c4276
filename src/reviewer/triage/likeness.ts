/**
 * Tips that look like copies of one another, whatever the script: a suggestion for people, who link and never merge. Somebody who knows this can write a tip that is like
 * another or is not; nothing follows from it by itself.
 *
 * Equal: the folded letters and digits are the same. Alike: many stretches of five letters are the same, estimated by one-permutation MinHash (Li, Owen, Zhang 2012; empty
 * places filled from the next, Shrivastava and Li 2014) with 64 places; candidates share one of 16 bands of four places, so of two texts with 80 % of stretches in common
 * practically none is missed, of two with 60 % one in ten.
 */
import { createHash } from "node:crypto";
import { foldText } from "./fold.ts";

const SHINGLE = 5;
const PLACES = 64;
const ROWS = 4;
/** Likeness below which two tips are not worth a look. */
const LEAST = 0.5;
/** Candidates of one band that are looked at: a text that hundreds sent is shown by its first ones. */
const MOST_IN_BAND = 200;
const EMPTY = 0xffffffff;

/** A tip that is like another. */
export interface Alike {
  readonly id: string;
  /** Estimated share of stretches in common, 0.5 to 1. */
  readonly likeness: number;
  /** The same letters and digits throughout. */
  readonly equal: boolean;
}

interface Sketch {
  readonly digest: string;
  readonly places: Uint32Array;
}

/** Every text so far. */
export class Likeness {
  readonly #sketches = new Map<string, Sketch>();
  readonly #bands = new Map<string, string[]>();

  /** Takes a tip's text in. A text with fewer than five letters is like nothing. */
  add(id: string, text: string): void {
    const sketch = sketchOf(text);
    if (sketch === null) return;
    this.#sketches.set(id, sketch);
    for (const band of bandsOf(sketch.places)) {
      const ids = this.#bands.get(band);
      if (ids === undefined) this.#bands.set(band, [id]);
      else ids.push(id);
    }
  }

  /** Forgets a tip. */
  remove(id: string): void {
    const sketch = this.#sketches.get(id);
    if (sketch === undefined) return;
    this.#sketches.delete(id);
    for (const band of bandsOf(sketch.places)) {
      const rest = (this.#bands.get(band) ?? []).filter((other) => other !== id);
      if (rest.length === 0) this.#bands.delete(band);
      else this.#bands.set(band, rest);
    }
  }

  /** The tips most like this one, the likest first; at most `most`. */
  of(id: string, most = 20): Alike[] {
    const sketch = this.#sketches.get(id);
    if (sketch === undefined) return [];
    const candidates = new Set(bandsOf(sketch.places).flatMap((band) => (this.#bands.get(band) ?? []).slice(0, MOST_IN_BAND)));
    candidates.delete(id);
    const alike: Alike[] = [];
    for (const other of candidates) {
      const theirs = this.#sketches.get(other);
      if (theirs === undefined) continue;
      const likeness = sketch.places.reduce((same, place, index) => same + (place === theirs.places[index] ? 1 : 0), 0) / PLACES;
      if (likeness >= LEAST) alike.push({ id: other, likeness, equal: theirs.digest === sketch.digest });
    }
    return alike.sort((one, other) => other.likeness - one.likeness || (one.id < other.id ? -1 : 1)).slice(0, most);
  }
}

function sketchOf(text: string): Sketch | null {
  const letters = foldText(text).replaceAll(/[^\p{L}\p{N}\p{M}]/gu, "");
  if (letters.length < SHINGLE) return null;
  const places = new Uint32Array(PLACES).fill(EMPTY);
  for (let start = 0; start + SHINGLE <= letters.length; start++) {
    const hash = hashOf(letters, start);
    const place = hash % PLACES;
    places[place] = Math.min(places[place] ?? EMPTY, Math.floor(hash / PLACES));
  }
  return { digest: createHash("sha256").update(letters).digest("base64"), places: filled(places) };
}

/** FNV-1a over five UTF-16 units, then murmur3's last step so that every bit counts. */
function hashOf(text: string, start: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < start + SHINGLE; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Empty places take the value of the next one that has any, moved by how far away it was. */
function filled(places: Uint32Array): Uint32Array {
  return places.map((value, index) => {
    for (let distance = 0; distance < PLACES; distance++) {
      const found = places[(index + distance) % PLACES] ?? EMPTY;
      if (found !== EMPTY) return (found + Math.imul(distance, 0x9e3779b1)) >>> 0;
    }
    return value;
  });
}

function bandsOf(places: Uint32Array): string[] {
  return Array.from({ length: PLACES / ROWS }, (_, band) => `${String(band)}:${places.subarray(band * ROWS, (band + 1) * ROWS).join()}`);
}
