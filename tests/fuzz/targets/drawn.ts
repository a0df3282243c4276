/** What the process that draws hostile files answers: whoever has taken it over answers what they like. An input is an answer; zeros make up the pixels that it promises, if they are few. */
import { LONGEST_SIDE, STATUS } from "../../../src/reviewer/viewing/renderer-frame.ts";
import { parseDrawn } from "../../../src/reviewer/viewing/renderer.ts";
import { accepted, holds, type Target } from "../engine/target.ts";
import { withZeros } from "../engine/zeros.ts";

const HEADER = 13;
const LONGEST = 4_096;

function answerOf(status: number, pages: number, width: number, height: number): Buffer {
  const answer = Buffer.alloc(HEADER);
  answer.writeUInt8(status);
  [pages, width, height].forEach((number, index) => answer.writeUInt32BE(number, 1 + 4 * index));
  return answer;
}

/** As many octets as the answer says, if it is short of them and they are not many. */
function madeUp(input: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (input.length < HEADER || (input[1] ?? 0) % 2 === 1) return input;
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const length = HEADER + 3 * view.getUint32(5) * view.getUint32(9);
  return length <= LONGEST ? withZeros(input, length) : input;
}

export const target: Target = {
  longest: LONGEST,
  seeds: () => [
    answerOf(STATUS.done, 1, 10, 10),
    Buffer.concat([answerOf(STATUS.done, 3, 2, 1), new Uint8Array(6).fill(9)]),
    answerOf(STATUS.done, 1, LONGEST_SIDE, LONGEST_SIDE),
    answerOf(STATUS.done, 1, 0x8000_0000, 2),
    Uint8Array.of(STATUS.cannot),
    Uint8Array.of(STATUS.costly),
  ],
  run: (input) => {
    const answer = madeUp(input);
    const drawn = accepted(() => parseDrawn(answer));
    if (drawn === undefined) return;
    const { pages, width, height, pixels } = drawn;
    holds(pages >= 1 && width >= 1 && height >= 1, "a page without a side was accepted");
    holds(width <= LONGEST_SIDE && height <= LONGEST_SIDE, "a page is larger than any");
    holds(pixels.length === 3 * width * height, "a page has another number of pixels than it says");
    holds(answer.length === HEADER + pixels.length, "something follows the pixels");
  },
};
