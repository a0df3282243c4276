/**
 * What the renderer's process answers, a few numbers and then pixels or text:
 *
 *     status                          1 octet: 0 done, 1 cannot be shown, 2 too costly; after 1 and 2 nothing follows
 *     pages, width, height            u32 each, big-endian
 *     pixels                          width × height × 3 octets: red, green, blue, line by line
 *
 * or, if text was asked for, after the status UTF-8 to the end. Nothing that has to be decoded again comes out of that process: whatever a file makes of it, it can
 * answer with other pixels and no more. Imports nothing, so that the process needs to read next to nothing.
 */

/** The longest side of what is drawn, pixels. */
export const LONGEST_SIDE = 4000;
/** The longest side of what is shown before somebody wants to look: no thing can be made out. */
export const VEIL_SIDE = 10;
/** Octets before the pixels. */
export const HEADER_LENGTH = 13;
/** Longest text, octets. */
export const LONGEST_TEXT = 800_000;
/** Longest answer. */
export const LONGEST_ANSWER = HEADER_LENGTH + 3 * LONGEST_SIDE * LONGEST_SIDE;

export const STATUS = { done: 0, cannot: 1, costly: 2 } as const;

/** A drawn page. */
export interface Drawn {
  /** Pages of the whole file. */
  readonly pages: number;
  readonly width: number;
  readonly height: number;
  /** width × height × 3 octets. */
  readonly pixels: Uint8Array;
}
