/** Looking at attached files through the window's calls: who may, what comes veiled, and what is written down. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import type { Json } from "../../../src/protocol/format/json.ts";
import type { OpenCasebook } from "../../../src/reviewer/casebook/destroy.ts";
import { itemsOf } from "../../../src/reviewer/triage/state.ts";
import { VEIL_SIDE } from "../../../src/reviewer/viewing/renderer-frame.ts";
import { WindowApi } from "../../../src/reviewer/window/api.ts";
import { Player } from "../../../src/reviewer/window/player.ts";
import type { Calls } from "../../../src/reviewer/window/wire.ts";
import { fileOf } from "../../support/make-bundle.ts";
import { pagesPdf, plainPng } from "../../support/pictures.ts";
import { wavOf } from "../../support/sample-files.ts";
import { smallCasebook } from "../../support/small-casebook.ts";

const FILES = [
  fileOf("photo\u202Egnp.exe", "image/png", plainPng(60, 30, [9, 8, 7])),
  fileOf("list.txt", "image/png", utf8("names")),
  fileOf("two pages.pdf", "application/pdf", pagesPdf("One", "Two")),
  fileOf("voice.wav", "audio/wav", wavOf()),
  fileOf("drawing.svg", "image/svg+xml", utf8("<svg><script>1</script></svg>")),
];

let open: OpenCasebook;
let api: WindowApi;
let tip: string;
let now = new Date("2026-06-03T10:00:00Z");

const call = <K extends keyof Calls>(name: K, request: Calls[K][0]): Promise<Calls[K][1]> =>
  api.answer(name, request as unknown as Json) as Promise<Calls[K][1]>;
const sit = (person: string) => call("handover", { person, secret: "" });
const exposed = () => itemsOf(open.casebook.state.tip(tip), "exposed").map(({ act, person }) => ({ act, person }));

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "allowed";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const sizeOf = (answer: Uint8Array): number[] => {
  const view = new DataView(answer.buffer, answer.byteOffset);
  const [pages, width, height] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
  expect(answer.length).toBe(12 + 3 * width * height);
  return [pages, width, height];
};

beforeAll(async () => {
  ({ open } = await smallCasebook({ narrative: "With files.", files: FILES }));
  const person = await open.casebook.person("Ana");
  const nothing = () => undefined;
  api = new WindowApi({ open, person, lockMinutes: 10, player: new Player(), now: () => now, onUse: nothing, onLock: nothing });
  [tip = ""] = open.casebook.state.tips.keys();
});
afterAll(async () => {
  await api.close();
});

describe("looking at files", () => {
  it("is for nobody who has not declared and opened, and not for who stays out", async () => {
    const page = { tip, index: 0, page: 0, longest: VEIL_SIDE };
    for (const [name, request] of [
      ["file", { tip, index: 0, encoding: null }],
      ["words", { tip, index: 2 }],
      ["page", page],
      ["play", { tip, index: 3 }],
    ] as const)
      expect(await refused(call(name, request)), name).toBe("conflict-undeclared");
    await sit("Bo");
    await call("declare", { tip, ties: ["knows_person"] });
    expect(await refused(call("page", page))).toBe("recused");
    await sit("Ana");
    await call("declare", { tip, ties: [] });
    expect(sizeOf(await call("page", page))).toEqual([1, 10, 5]);
    // What Ana looked at is not left for Bo.
    await sit("Bo");
    expect(await refused(call("page", page))).toBe("recused");
    await sit("Ana");
  }, 60_000);

  it("says what a file seems to be and whether it lies about that", async () => {
    const of = (index: number) => call("file", { tip, index, encoding: null });
    expect(await of(0)).toEqual({ view: "picture", seems: "PNG picture", fits: true, text: null });
    expect(await of(1)).toEqual({ view: "text", seems: "text", fits: false, text: { text: "names", encoding: "utf-8", cut: false } });
    expect(await of(4)).toMatchObject({ view: "text", text: { text: "<svg><script>1</script></svg>" } });
    expect(await refused(call("page", { tip, index: 4, page: 0, longest: VEIL_SIDE }))).toBe("not-viewable");
    expect(await refused(call("play", { tip, index: 0 }))).toBe("not-viewable");
    expect(await refused(call("words", { tip, index: 1 }))).toBe("not-viewable");
    expect(await refused(of(9))).toBe("no-such-item");
  }, 60_000);

  it("counts what is seen clearly and how long, when it was seen, and not what is veiled", async () => {
    const page = (index: number, number: number, longest: number) => call("page", { tip, index, page: number, longest });
    await page(0, 0, VEIL_SIDE);
    await call("cover", {});
    expect(exposed()).toEqual([]);
    expect(sizeOf(await page(0, 0, 1600))).toEqual([1, 60, 30]);
    expect((await call("desk", {})).exposure).toEqual({ count: 1, seconds: 0 });
    now = new Date("2026-06-03T10:01:30Z");
    await page(2, 0, 100);
    expect(sizeOf(await page(2, 1, 100))).toEqual([2, 71, 100]);
    now = new Date("2026-06-03T10:02:00Z");
    await call("cover", {});
    const { key } = await open.casebook.person("Ana");
    expect(exposed()).toEqual([
      { act: { kind: "exposed", tip, count: 1, seconds: 90 }, person: key },
      { act: { kind: "exposed", tip, count: 2, seconds: 30 }, person: key },
    ]);
    expect((await call("desk", {})).exposure).toEqual({ count: 3, seconds: 120 });
    expect((await sit("Bo")).exposure).toEqual({ count: 0, seconds: 0 });
    now = new Date("2026-06-04T10:00:00Z");
    expect((await sit("Ana")).exposure).toEqual({ count: 0, seconds: 0 });
  }, 60_000);

  it("plays at an address that is forgotten with the file", async () => {
    const { path } = await call("play", { tip, index: 3 });
    expect(path).toMatch(/^\/play\/[0-9a-f]{64}$/);
    expect((await call("play", { tip, index: 3 })).path).not.toBe(path);
    await sit("Bo");
    expect(exposed().at(-1)?.act.count).toBe(2);
    await sit("Ana");
  }, 60_000);

  it("gives a document's words as text", async () => {
    const { text } = await call("words", { tip, index: 2 });
    expect(text?.text).toContain("Two");
  }, 60_000);
});
