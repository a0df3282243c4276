/**
 * One key for each tip. Whatever a casebook knows of a tip in words is under that tip's key: its record (and in it the session key of the sealed file), and every
 * note, translation, question and reply about it inside events. Who removes the key has removed all of it, though no event is ever touched.
 *
 *     bundles/000007/tip-keys.jwe    canonical JSON { version: 1, keys: { <id>: 32 bytes } }, under the *wrapping key*
 *
 * The wrapping key lies in the vault and is replaced with the cards (rekey.ts): only these files are then written anew. While that is going on there are two, the new
 * one first.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { fromHex, fromUtf8, toHex, utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { formatJson, hex, type Json, oneOf, parseJson, type Reader, record } from "../../protocol/format/json.ts";
import { closeBox, openBox } from "./box.ts";
import { writeDurably } from "./durable-file.ts";
import { tipId } from "./identifiers.ts";

/** Name of the file in a bundle's folder. */
export const TIP_KEYS_FILE = "tip-keys.jwe";

const keysById: Reader<Map<string, Bytes>> = (value, where) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refusal("bad-field", where);
  return new Map(
    Object.entries(value as Readonly<Record<string, Json>>).map(([id, key]) => [tipId(id, where), fromHex(hex(32)(key, where))]),
  );
};

const reader = record({ version: oneOf([1]), keys: keysById });

/** The file of these keys. */
export function formatTipKeys(keys: ReadonlyMap<string, Bytes>, wrapping: Bytes): Promise<Bytes> {
  const json = formatJson({ version: 1, keys: Object.fromEntries([...keys].map(([id, key]) => [id, toHex(key)])) });
  return closeBox(json, wrapping, "firsthand-tip-keys");
}

/** The keys of a casebook's tips, read when they are first needed. */
export class TipKeys {
  readonly #folderOf: (bundle: number) => string;
  #wrapping: readonly Bytes[];
  readonly #read = new Map<number, Map<string, Bytes>>();

  /** `wrapping`: one key, or the new and the old one. */
  constructor(folderOf: (bundle: number) => string, wrapping: readonly Bytes[]) {
    this.#folderOf = folderOf;
    this.#wrapping = wrapping;
  }

  /** The key that new files are written under. */
  get wrapping(): Bytes {
    const [current] = this.#wrapping;
    if (current === undefined) throw new Error("a casebook has a wrapping key");
    return current;
  }

  /** @throws {Refusal} `tip-destroyed` if there is none any more; `casebook-damaged`. */
  async of(bundle: number, id: string): Promise<Bytes> {
    const key = (await this.#keys(bundle)).get(id);
    if (key === undefined) throw new Refusal("tip-destroyed");
    return key;
  }

  /** Removes a tip's key for good, durably. Does nothing if it is gone already. */
  async forget(bundle: number, id: string): Promise<void> {
    const keys = await this.#keys(bundle);
    if (keys.delete(id)) await this.#write(bundle, keys);
  }

  /** Writes the keys of these bundles under `wrapping`, whichever they were under. May be done again after it was interrupted. */
  async rewrap(bundles: readonly number[], wrapping: Bytes): Promise<void> {
    this.#wrapping = [wrapping, ...this.#wrapping.filter((key) => key !== wrapping)];
    for (const bundle of bundles) await this.#write(bundle, await this.#keys(bundle));
    this.#wrapping = [wrapping];
  }

  async #write(bundle: number, keys: ReadonlyMap<string, Bytes>): Promise<void> {
    await writeDurably(join(this.#folderOf(bundle), TIP_KEYS_FILE), [await formatTipKeys(keys, this.wrapping)]);
  }

  async #keys(bundle: number): Promise<Map<string, Bytes>> {
    const known = this.#read.get(bundle);
    if (known !== undefined) return known;
    const file = await readFile(join(this.#folderOf(bundle), TIP_KEYS_FILE)).catch((cause: unknown) => {
      throw new Fault("reading the keys of tips", cause);
    });
    for (const wrapping of this.#wrapping) {
      try {
        const keys = reader(parseJson(await openBox(new Uint8Array(file), wrapping, "firsthand-tip-keys")), "tip keys").keys;
        this.#read.set(bundle, keys);
        return keys;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    throw new Refusal("casebook-damaged", `keys of the tips of bundle ${String(bundle)}`);
  }
}

/** Words about a tip as they stand in an event. */
export async function sealWords(words: string, tipKey: Bytes): Promise<string> {
  return fromUtf8(await closeBox(utf8(words), tipKey, "firsthand-words"));
}

/** The words again. @throws {Refusal} `casebook-damaged` if they are not this tip's. */
export async function openWords(sealed: string, tipKey: Bytes): Promise<string> {
  return fromUtf8(await openBox(utf8(sealed), tipKey, "firsthand-words"));
}
