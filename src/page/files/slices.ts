/**
 * Reading a file in slices. Files may be gigabytes and may have been made to harm, so nothing here reads more than {@link LARGEST_SLICE} at once, and
 * whoever asks for bytes that are not there is told so by {@link Unreadable}, the one error of this folder.
 */
import type { Bytes } from "../../protocol/bytes.ts";

/** Most bytes in memory from one reading. */
export const LARGEST_SLICE = 8_388_608;
/** Bytes read ahead, since headers lie close together. */
const AHEAD = 262_144;

/** Why a file cannot be looked into: it is not what it claims to be, is locked with a password, or is beyond a bound. */
export type UnreadableReason = "damaged" | "locked" | "large";

/** A file cannot be looked into. Carries nothing of the file. */
export class Unreadable extends Error {
  readonly reason: UnreadableReason;

  constructor(reason: UnreadableReason) {
    super(reason);
    this.name = "Unreadable";
    this.reason = reason;
  }
}

/** Random access to a file, one window at a time. */
export class Slices {
  readonly size: number;
  readonly #file: Blob;
  #window: Bytes = new Uint8Array(0);
  #at = 0;

  constructor(file: Blob) {
    this.#file = file;
    this.size = file.size;
  }

  /** Exactly `length` bytes from `at`. A view: not to be changed. @throws {Unreadable} `damaged` past the end, `large` past {@link LARGEST_SLICE}. */
  async bytes(at: number, length: number): Promise<Bytes> {
    if (length > LARGEST_SLICE) throw new Unreadable("large");
    if (!(at >= 0 && length >= 0 && at + length <= this.size)) throw new Unreadable("damaged");
    if (at < this.#at || at + length > this.#at + this.#window.length) await this.#move(at, Math.max(length, AHEAD));
    return this.#window.subarray(at - this.#at, at - this.#at + length);
  }

  /** The bytes from `at` on, as many as lie in the window: at least one. @throws {Unreadable} `damaged` at the end of the file. */
  async from(at: number): Promise<Bytes> {
    await this.bytes(at, 1);
    return this.#window.subarray(at - this.#at);
  }

  /** The bytes from `at` on, `length` of them or as many as there are. */
  async upTo(at: number, length: number): Promise<Bytes> {
    return this.bytes(Math.min(at, this.size), Math.max(0, Math.min(length, this.size - at)));
  }

  async #move(at: number, length: number): Promise<void> {
    this.#window = new Uint8Array(await this.#file.slice(at, at + length).arrayBuffer());
    this.#at = at;
    // The file was cut short since it was chosen.
    if (this.#window.length < Math.min(length, this.size - at)) throw new Unreadable("damaged");
  }
}

/** Unsigned integers of one to four octets. Callers have checked that the octets are there. */
export function uint(bytes: Uint8Array, at: number, octets: 1 | 2 | 3 | 4, order: "big" | "little" = "big"): number {
  let value = 0;
  for (let index = 0; index < octets; index++) {
    value = value * 256 + (bytes[order === "big" ? at + index : at + octets - 1 - index] ?? 0);
  }
  return value;
}

/** Each octet as one character, U+0000 to U+00FF: for comparing and searching, not for showing. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4_096) text += String.fromCharCode(...bytes.subarray(at, at + 4_096));
  return text;
}

/** Whether `bytes` have these characters of ASCII at `at`. */
export function has(bytes: Uint8Array, at: number, ascii: string): boolean {
  for (let index = 0; index < ascii.length; index++) if (bytes[at + index] !== ascii.charCodeAt(index)) return false;
  return true;
}

/** The octets of ASCII characters. */
export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
