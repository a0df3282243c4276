/** Text files of tips as the reviewer's machine shows them, in any encoding. The first octet of an input chooses. */
import { visibleText } from "../../../src/reviewer/hostile-text.ts";
import { ENCODINGS, MOST_CHARACTERS, shownText } from "../../../src/reviewer/viewing/text-files.ts";
import { accepted, holds, type Target } from "../engine/target.ts";

/** What may not reach a screen: controls but the line end, and what turns the direction of writing. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

export const target: Target = {
  longest: 400,
  seeds: () => [
    Buffer.concat([Uint8Array.of(0), Buffer.from("看见\u202e\u0007\r\n")]),
    Buffer.concat([Uint8Array.of(0xff), Uint8Array.of(0xff, 0xfe, 0x41, 0, 0x3d, 0xd8)]),
    ...ENCODINGS.map((_, index) => Uint8Array.of(index + 1, 0xc4, 0xe3, 0xba, 0xc3, 0x81, 0x30, 0x1b, 0x5b)),
  ],
  run: (input) => {
    const chosen = ENCODINGS[(input[0] ?? 0) - 1] ?? null;
    const file = input.subarray(1);
    const shown = accepted(() => shownText(file, chosen));
    if (shown === undefined) return;
    holds(shown.text.length <= MOST_CHARACTERS && !shown.text.includes("\r\n"), "a text is shown in another form than it should be");
    holds(chosen === null || shown.encoding === chosen, "another encoding was taken than somebody chose");
    holds(!UNSEEN.test(visibleText(shown.text)), "something reaches the screen that cannot be seen");
  },
};
