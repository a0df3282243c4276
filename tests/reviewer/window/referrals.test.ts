/** The window's calls about referrals on a real casebook of Ana and Bo: who sees what, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatProgram } from "../../../src/protocol/format/program.ts";
import type { Json } from "../../../src/protocol/format/json.ts";
import type { OpenCasebook } from "../../../src/reviewer/casebook/destroy.ts";
import { WindowApi } from "../../../src/reviewer/window/api.ts";
import { Player } from "../../../src/reviewer/window/player.ts";
import type { Calls } from "../../../src/reviewer/window/wire.ts";
import { OFFERING } from "../../support/programs.ts";
import { refusalOf } from "../../support/refusals.ts";
import { smallCasebook } from "../../support/small-casebook.ts";

const ACCOUNT = "I saw it with Gulnar. Gulnar was afraid.";

let open: OpenCasebook;
let api: WindowApi;
let tip: string;
let number: number;

const call = <K extends keyof Calls>(name: K, request: Calls[K][0]): Promise<Calls[K][1]> =>
  api.answer(name, request as unknown as Json) as Promise<Calls[K][1]>;
const refused = <K extends keyof Calls>(name: K, request: Calls[K][0]): Promise<string | null> => refusalOf(() => call(name, request));

beforeAll(async () => {
  ({ open } = await smallCasebook(ACCOUNT));
  const nothing = (): void => undefined;
  const person = await open.casebook.person("Ana");
  api = new WindowApi({ open, person, lockMinutes: 10, player: new Player(), now: () => new Date(), onUse: nothing, onLock: nothing });
  [tip = ""] = open.casebook.state.tips.keys();
});
afterAll(async () => {
  await api.close();
});

describe("the window's calls about referrals", () => {
  it("take a program and a draft, and no tip that one has not declared on", async () => {
    expect(await refused("referral-draft", { title: "Case", tips: [tip] })).toBe("conflict-undeclared");
    await call("declare", { tip, ties: [] });
    const file = Buffer.from(formatProgram(OFFERING)).toString("base64");
    expect(await refused("referral-program", { file: `${file}=` })).toBe("not-base64");
    expect((await call("referral-program", { file })).program).toBe(OFFERING.name.en);
    number = (await call("referral-draft", { title: "Case", tips: [tip] })).referral;
    expect((await call("referrals", {})).rows).toMatchObject([{ referral: number, state: "draft", authors: ["Ana"], waiting: false }]);
  });

  it("remove words with a reason and take that back, without saying anywhere what they were", async () => {
    const reason = "identifies_other_witness";
    await call("referral-remove", { referral: number, reason, words: "Gulnar", place: null });
    const place = { source: "T1", text: 0, start: 0, end: 5 };
    await call("referral-remove", { referral: number, reason: "not_relevant", words: null, place });
    expect(await refused("referral-remove", { referral: number, reason, words: "Gulnar", place })).toBe("bad-field");
    const removals = async () => (await call("referral", { referral: number })).content?.sources[0]?.texts[0]?.removals ?? [];
    expect((await removals()).map(({ start, end, reason: why, by }) => [start, end, why, by])).toEqual([
      [14, 20, reason, "Ana"],
      [22, 28, reason, "Ana"],
      [0, 5, "not_relevant", "Ana"],
    ]);
    await call("referral-keep", { referral: number, event: (await removals())[2]?.event ?? 0 });
    expect(await removals()).toHaveLength(2);
    expect(await refused("referral-keep", { referral: number, event: 1 })).toBe("no-such-item");
    expect(JSON.stringify(open.casebook.events)).not.toContain("Gulnar");
  });

  it("say what is missing and what stops it", async () => {
    const { content, may } = await call("referral", { referral: number });
    expect(content?.stopped).toContain("nothing is written yet");
    expect(content?.missing.map(({ part }) => part)).toEqual(expect.arrayContaining([3, 4, 9, 13, 17]));
    expect(may).toMatchObject({ work: true, approve: false, pack: false, send: false, write: false, answers: [] });
    expect(await refused("referral-fix", { referral: number })).toBe("wrong-state");
    expect(await refused("referral-file", { referral: number, folder: "/" })).toBe("wrong-state");
    expect(await refused("referral-document", { referral: number, sha256: "0".repeat(64), folder: "/" })).toBe("no-such-item");
    expect(await refused("referral-statement", { referral: number, statement: { summary: "x" } })).toBe("bad-field");
  });

  it("show nothing of its sources to who did not open them, and let them do nothing", async () => {
    await call("handover", { person: "Bo", secret: "" });
    const shown = await call("referral", { referral: number });
    expect(shown).toMatchObject({ content: null, unread: [tip], may: { work: false, tell: false, answers: [] } });
    expect(JSON.stringify(shown)).not.toContain("Gulnar");
    for (const name of ["referral-preview", "referral-fix", "referral-approve", "referral-send", "referral-reopen"] as const)
      expect(await refused(name, { referral: number }), name).toBe("conflict-undeclared");
    expect(await refused("referral-letter", { referral: number, text: "x", challenge: true })).toBe("conflict-undeclared");
  });

  it("know nothing of claims", async () => {
    for (const name of ["claims", "claim", "claims-take-in", "claim-payee"] as const)
      expect(await refusalOf(() => api.answer(name, {})), name).toBe("not-found");
  });
});
