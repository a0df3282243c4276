/**
 * Text encodings, strict in both directions: what a decoder accepts, its encoder would have written. The one place that touches `TextDecoder`.
 */
import { asBytes, type Bytes } from "./bytes.ts";
import { Refusal } from "./errors.ts";

/** UTF-8 of a well-formed string. @throws {Refusal} `not-utf8` if the string has a lone surrogate. */
export function utf8(text: string): Bytes {
  if (!text.isWellFormed()) throw new Refusal("not-utf8");
  return asBytes(new TextEncoder().encode(text));
}

/** Text of UTF-8 bytes; a byte order mark stays a character. @throws {Refusal} `not-utf8`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("not-utf8");
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of lower-case hexadecimal; with `length`, of exactly so many bytes. @throws {Refusal} `not-hex`. */
export function fromHex(text: string, length?: number): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new Refusal("not-hex");
  if (length !== undefined && text.length !== 2 * length) throw new Refusal("not-hex");
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Padded base64 (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += BASE64.charAt(group >> 18) + BASE64.charAt((group >> 12) & 63);
    text += left > 1 ? BASE64.charAt((group >> 6) & 63) : "=";
    text += left > 2 ? BASE64.charAt(group & 63) : "=";
  }
  return text;
}

/** Bytes of canonical padded base64: no white space, unused bits zero. @throws {Refusal} `not-base64`. */
export function fromBase64(text: string): Bytes {
  // What is no digit reads as zero and is found by writing all of it again. (A pattern over megabytes would take the stack.)
  if (text.length % 4 !== 0) throw new Refusal("not-base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let index = 0; index < text.length; index += 4) {
    let group = 0;
    for (let digit = 0; digit < 4; digit++) group = (group << 6) | Math.max(0, BASE64.indexOf(text.charAt(index + digit)));
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = (group >> shift) & 255;
  }
  if (toBase64(bytes) !== text) throw new Refusal("not-base64");
  return bytes;
}
