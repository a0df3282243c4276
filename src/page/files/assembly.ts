/**
 * A cleaned copy in the making: ranges of the original and a few new bytes, one after the other. Ranges are not read: the copy refers to the file on the
 * device, so it costs no memory however large it is, and every byte that is kept is the original's.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { Unreadable } from "./slices.ts";

/** Most pieces of a copy. */
const MOST_PIECES = 65_536;
/** Most bytes of zeros in place of what was removed. */
const MOST_ZEROS = 268_435_456;
const ZEROS = new Uint8Array(65_536);

/** A range that is replaced by zeros, or by bytes as long as the range. */
export interface Patch {
  readonly from: number;
  readonly to: number;
  readonly bytes: Bytes | Blob | null;
}

/** Pieces of a file put together anew. */
export class Assembly {
  readonly #file: Blob;
  readonly #pieces: (Blob | Bytes)[] = [];
  #from = 0;
  #to = 0;

  constructor(file: Blob) {
    this.#file = file;
  }

  /** The bytes of the file from `from` up to `to`. */
  keep(from: number, to: number): void {
    if (from !== this.#to) {
      this.#flush();
      this.#from = from;
    }
    this.#to = to;
  }

  add(bytes: Bytes | Blob): void {
    this.#flush();
    this.#pieces.push(bytes);
  }

  /** The copy. @throws {Unreadable} `large` if it has too many pieces. */
  toBlob(): Blob {
    this.#flush();
    return new Blob(this.#pieces, { type: this.#file.type });
  }

  #flush(): void {
    if (this.#to > this.#from) this.#pieces.push(this.#file.slice(this.#from, this.#to));
    this.#from = this.#to = 0;
    if (this.#pieces.length > MOST_PIECES) throw new Unreadable("large");
  }
}

/** The file with ranges overwritten, of the same length. @throws {Unreadable} `damaged` if ranges overlap or lie outside, `large` if they are too many. */
export function patched(file: Blob, patches: readonly Patch[]): Blob {
  const copy = new Assembly(file);
  let at = 0;
  let zeros = 0;
  for (const { from, to, bytes } of patches.toSorted((a, b) => a.from - b.from)) {
    if (from < at || to < from || to > file.size) throw new Unreadable("damaged");
    copy.keep(at, from);
    if (bytes !== null) copy.add(bytes);
    else {
      zeros += to - from;
      if (zeros > MOST_ZEROS) throw new Unreadable("large");
      for (let left = to - from; left > 0; left -= ZEROS.length) copy.add(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
    }
    at = to;
  }
  copy.keep(at, file.size);
  return copy.toBlob();
}
