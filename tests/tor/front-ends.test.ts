/** Several front ends: two onion services, each in front of a `serve --intake` of its own, on one database and one DATA_DIR. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTwoFrontEnds, type TwoFrontEnds } from "./front-ends.ts";

let ends: TwoFrontEnds;
beforeAll(async () => {
  ends = await openTwoFrontEnds();
});
afterAll(async () => {
  await ends.close();
});

it("one tip goes through both, and either gives the same receipt", async () => {
  const onions = ends.services.map(({ onion }) => onion);
  const tip = await ends.newTip();
  const receipt = await ends.send(tip, onions);
  for (const onion of onions) {
    const { text } = await ends.ask(onion, "POST", `/tips/${tip.id}`, tip.completion, "application/json");
    expect(JSON.parse(text)).toEqual({ receipt });
  }
});
