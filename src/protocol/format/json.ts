/**
 * Canonical JSON: RFC 8785 (JCS) without floating point. Keys sorted by UTF-16 code units, no white space, integers within ±(2^53-1), strings well formed.
 * One value has one form, so a hash or a signature over it means one thing. `parseJson` accepts exactly what `formatJson` writes; that also excludes
 * duplicate keys, which `JSON.parse` would silently drop.
 *
 * The readers below turn parsed JSON into typed values and refuse everything else: unknown keys too.
 */
import type { Bytes } from "../bytes.ts";
import { equal } from "../bytes.ts";
import { fromUtf8, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";

/** A JSON value as used here. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deepest nesting that is read: far above what any format here needs, far below what could exhaust a stack. */
const DEEPEST = 16;

/** The canonical bytes of a value. @throws {Refusal} `not-utf8` on a lone surrogate, `bad-field` on a number that is no safe integer. */
export function formatJson(value: Json): Bytes {
  return utf8(write(value));
}

function write(value: Json): string {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Refusal("not-utf8");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Refusal("bad-field");
    return String(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(write).join(",")}]`;
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${write(key)}:${write(value[key] ?? null)}`).join(",")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value of canonical bytes. @throws {Refusal} `not-canonical-json` on anything `formatJson` would not have written. */
export function parseJson(bytes: Uint8Array): Json {
  let value: Json;
  try {
    const text = fromUtf8(bytes);
    if (deepest(text) > DEEPEST) throw new Refusal("not-canonical-json");
    value = JSON.parse(text) as Json;
    if (equal(formatJson(value), bytes)) return value;
  } catch {
    throw new Refusal("not-canonical-json");
  }
  throw new Refusal("not-canonical-json");
}

function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (inString) {
      if (character === "\\") index++;
      if (character === '"') inString = false;
      continue;
    }
    if (character === '"') inString = true;
    if (character === "{" || character === "[") most = Math.max(most, ++depth);
    if (character === "}" || character === "]") depth--;
  }
  return most;
}

/** Turns JSON into a `T` or throws {@link Refusal} `bad-field`, with the field's name. */
export type Reader<T> = (value: Json, where: string) => T;

function bad(where: string): never {
  throw new Refusal("bad-field", where);
}

/** A string of `least` to `most` UTF-16 units. */
export function text(most: number, least = 0): Reader<string> {
  return (value, where) => (typeof value === "string" && value.length >= least && value.length <= most ? value : bad(where));
}

/** A string that matches `pattern` as a whole. */
export function matching(pattern: RegExp): Reader<string> {
  return (value, where) => (typeof value === "string" && pattern.exec(value)?.[0] === value ? value : bad(where));
}

/** Lower-case hexadecimal of `length` bytes, kept as text. */
export function hex(length: number): Reader<string> {
  return (value, where) => (typeof value === "string" && value.length === 2 * length && /^[0-9a-f]*$/.test(value) ? value : bad(where));
}

/** An integer from `least` to `most`. */
export function integer(least: number, most: number): Reader<number> {
  return (value, where) => (typeof value === "number" && value >= least && value <= most ? value : bad(where));
}

/** `true` or `false`. */
export const flag: Reader<boolean> = (value, where) => (typeof value === "boolean" ? value : bad(where));

/** Exactly one of the given values. */
export function oneOf<const T extends string | number | boolean>(values: readonly T[]): Reader<T> {
  return (value, where) => values.find((known) => known === value) ?? bad(where);
}

/** `null`, or what `reader` reads. */
export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, where) => (value === null ? null : reader(value, where));
}

/** A list of at most `most`. */
export function list<T>(reader: Reader<T>, most: number): Reader<T[]> {
  return (value, where) => {
    if (!isList(value) || value.length > most) return bad(where);
    return value.map((item, index) => reader(item, `${where}[${String(index)}]`));
  };
}

/** An object with exactly these fields. */
export function record<T extends Record<string, unknown>>(readers: { readonly [K in keyof T]: Reader<T[K]> }): Reader<T> {
  return (value, where) => {
    if (value === null || typeof value !== "object" || isList(value)) return bad(where);
    const known = Object.keys(readers);
    if (Object.keys(value).length !== known.length) return bad(where);
    const result: Partial<T> = {};
    for (const key of known as (keyof T & string)[]) {
      const field = Object.hasOwn(value, key) ? value[key] : undefined;
      if (field === undefined) return bad(`${where}.${key}`);
      result[key] = readers[key](field, `${where}.${key}`);
    }
    return result as T;
  };
}
