import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatMailboxRequest,
  MAILBOX_ANSWER_LENGTH,
  MAILBOX_REQUEST_LENGTH,
  type MailboxRequest,
  parseMailboxAnswer,
  parseMailboxRequest,
} from "../../../src/protocol/format/mailbox.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

describe("a mailbox request", () => {
  it("has one length, whatever may be deleted, and comes back", () => {
    for (const count of [0, 1, 2, 3, 4]) {
      const request = { mailbox: patternOf(32), read: Array.from({ length: count }, (_, index) => patternOf(32, index + 2)) };
      const bytes = formatMailboxRequest(request);
      expect(bytes).toHaveLength(MAILBOX_REQUEST_LENGTH);
      expect(parseMailboxRequest(bytes)).toEqual(request);
    }
    expect(() => formatMailboxRequest({ mailbox: patternOf(32), read: Array<never>(5).fill(patternOf(32) as never) })).toThrow("too many");
  });

  it("is refused in any other form", async () => {
    const bytes = formatMailboxRequest({ mailbox: patternOf(32), read: [patternOf(32, 2), patternOf(32, 3)] });
    const text = new TextDecoder().decode(bytes);
    const zeros = "0".repeat(64);
    const gap = `{"mailbox":"${zeros}","read":["${zeros}","${"1".repeat(64)}","${zeros}","${zeros}"]}`;
    const three = `{"mailbox":"${zeros}","read":["${zeros}","${zeros}","${zeros}"]}`.padEnd(MAILBOX_REQUEST_LENGTH, " ");
    for (const other of ["", text.slice(0, -1), `${text} `, text.replace("mailbox", "mailbux"), text.toUpperCase(), gap, three]) {
      expect(await refusalOf(() => parseMailboxRequest(new TextEncoder().encode(other)))).toBe("bad-request");
    }
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), async (at, octet) => {
        const attacked = bytes.slice();
        attacked[at] = octet;
        const read: { request?: MailboxRequest } = {};
        const code = await refusalOf(() => (read.request = parseMailboxRequest(attacked)));
        if (read.request !== undefined) expect(formatMailboxRequest(read.request)).toEqual(attacked);
        else expect(code).toBe("bad-request");
      }),
      { numRuns: 500 },
    );
  });
});

describe("a mailbox answer", () => {
  it("has four places", async () => {
    const answer = patternOf(MAILBOX_ANSWER_LENGTH);
    const places = parseMailboxAnswer(answer);
    expect(places.map(({ length }) => length)).toEqual([4480, 4480, 4480, 4480]);
    expect(Buffer.concat(places).equals(answer)).toBe(true);
    expect(await refusalOf(() => parseMailboxAnswer(answer.slice(1)))).toBe("bad-reply");
  });
});
