/** The log's verifier key that a casebook believes. The first import pins it; to believe it is a person's decision. */
import { parseVkey, type Vkey } from "../../protocol/crypto/note.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { toHex, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "./casebook.ts";

/** The pinned key, or `null` before the first import. */
export function pinnedLogKey(casebook: Casebook): Vkey | null {
  const pinned = casebook.acts("log-key-pinned").at(-1);
  return pinned === undefined ? null : parseVkey(pinned.vkey);
}

/** The key in a text: the key alone, or what `firsthand keys` prints. @throws {Refusal} `bad-vkey`, `bundle-foreign` if another is pinned, `wrong-origin`. */
export function logKeyIn(casebook: Casebook, text: string): Vkey {
  const key = parseVkey(/^Log key: +(\S+)$/m.exec(text)?.[1] ?? text.trim());
  const pinned = pinnedLogKey(casebook);
  if (pinned !== null && pinned.text !== key.text) throw new Refusal("bundle-foreign", "another log key is pinned");
  if (key.name !== casebook.opened.origin) throw new Refusal("wrong-origin", "log key");
  return key;
}

/** What people compare. */
export function fingerprintOf(key: Vkey): string {
  return toHex(sha256(utf8(key.text)));
}
