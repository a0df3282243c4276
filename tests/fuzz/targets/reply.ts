/** Replies: what is inside (zeros after an input's octets), and the sealed form. The first octet of an input chooses. */
import {
  formatReply,
  formatSealedReply,
  parseReply,
  parseSealedReply,
  REPLY_CONTENT,
  REPLY_LENGTH,
} from "../../../src/protocol/format/reply.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";
import { withZeros, withoutZeros } from "../engine/zeros.ts";

const SEALED = formatSealedReply({
  passphraseSalt: new Uint8Array(8),
  nonce: new Uint8Array(12),
  wrappedKey: new Uint8Array(48),
  salt: new Uint8Array(32),
  chunk: new Uint8Array(4344),
  endTag: new Uint8Array(16),
});
const words = { date: "2026-11-24", text: "谢谢 \u0001" };

export const target: Target = {
  longest: 600,
  seeds: () => [
    ...[
      formatReply({ ...words, challenge: null }),
      formatReply({ ...words, challenge: { nonce: new Uint8Array(32).fill(8), program: "P", purpose: "claim" } }),
    ].map((content) => Buffer.concat([Uint8Array.of(0), withoutZeros(content)])),
    Buffer.concat([Uint8Array.of(1), withoutZeros(SEALED)]),
  ],
  run: (input) => {
    if (input[0] === 1) {
      const sealed = withZeros(input.slice(1), REPLY_LENGTH);
      const fields = accepted(() => parseSealedReply(sealed));
      if (fields !== undefined) sameAgain(sealed, formatSealedReply(fields));
      return;
    }
    const content = withZeros(input.slice(1), REPLY_CONTENT);
    const reply = accepted(() => parseReply(content));
    if (reply !== undefined) sameAgain(content, formatReply(reply));
  },
};
