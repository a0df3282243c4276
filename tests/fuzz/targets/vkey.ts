/** Verifier keys. */
import { formatVkey, parseVkey } from "../../../src/protocol/crypto/note.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseVkey,
  ({ name, publicKey, type }) => formatVkey(name, publicKey, type === 4 ? 4 : 1).text,
  () => [formatVkey("tips.test/log", new Uint8Array(32).fill(3)).text, formatVkey("c", new Uint8Array(32).fill(4), 4).text],
  400,
);
