import { expect, it } from "vitest";
import { Refusal } from "../../../src/protocol/errors.ts";
import { onTheBeat } from "../../../src/server/routes/beat.ts";

const BEAT = 60;
/** A timer may come a moment before its time. */
const EARLY = 2;

async function waited(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await onTheBeat(BEAT, work);
  return performance.now() - before;
}

it("an answer does not leave before its beat", async () => {
  expect(await waited(() => Promise.resolve("there"))).toBeGreaterThan(BEAT - EARLY);
});

it("nor does a refusal", async () => {
  const refused = (): Promise<never> => Promise.reject(new Refusal("part-differs"));
  const before = performance.now();
  await expect(onTheBeat(BEAT, refused)).rejects.toThrow(new Refusal("part-differs"));
  expect(performance.now() - before).toBeGreaterThan(BEAT - EARLY);
});
