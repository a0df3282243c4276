/** The page that a witness saved, as `firsthand-voucher` reads it. Both pages of vouchers.test.ts are real ones; here is what it refuses. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseSavedPage } from "../../src/voucher/saved-page.ts";
import { refusalOf } from "../support/refusals.ts";

const [PROGRAM, REWARDS, KEY] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)];
const pageOf = (keys: unknown, data: unknown, rest = ""): string =>
  `<script type="application/json" id="keys">${JSON.stringify(keys)}</script><script type="application/json" id="page-data">${JSON.stringify(data)}</script>${rest}`;
const GOOD = pageOf("AAAA", { pinned: { program: PROGRAM, rewards: REWARDS } }, `<p>Key of the vouchers: ${KEY}. 5 USD</p>`);

it("has the keys, what it pins, and the one voucher key that it names", () => {
  const read = { keys: new Uint8Array(3), pinned: { program: PROGRAM, rewards: REWARDS } };
  expect(parseSavedPage(GOOD + GOOD)).toEqual({ ...read, voucherKey: KEY });
  expect(parseSavedPage(GOOD.replace("Key of", "Some"))).toEqual({ ...read, voucherKey: null });
});

it.each<[what: string, html: string]>([
  ["another page", "<p>Hello</p>"],
  ["no fingerprints", pageOf("AAAA", {})],
  ["half of them", pageOf("AAAA", { pinned: { program: PROGRAM } })],
  ["fingerprints that are none", pageOf("AAAA", { pinned: { program: PROGRAM, rewards: "B".repeat(64) } })],
  ["keys that are no text", pageOf(7, { pinned: { program: PROGRAM, rewards: REWARDS } })],
  ["data that is cut", GOOD.slice(0, 120)],
  ["two voucher keys", GOOD + GOOD.replaceAll(KEY, "d".repeat(64))],
])("refuses %s", async (_what, html) => {
  expect(await refusalOf(() => parseSavedPage(html))).toBe("bad-field");
});

it("refuses in words whatever is cut out of a page", () => {
  fc.assert(
    fc.property(fc.nat({ max: GOOD.length }), fc.nat({ max: 200 }), (at, length) => {
      try {
        parseSavedPage(GOOD.slice(0, at) + GOOD.slice(at + length));
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(?:bad-field|not-base64)$/) as string });
      }
    }),
  );
});
