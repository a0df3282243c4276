/** Work on tips by the command `tip`, under the window's rules: declaration, opening, blind grades, ties. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readRecord, tipsOf } from "../../../src/reviewer/casebook/shelf.ts";
import { runTip } from "../../../src/reviewer/triage/command-line.ts";
import { openWith, smallCasebook } from "../../support/small-casebook.ts";
import { refusalOf } from "../../support/refusals.ts";

let made: Awaited<ReturnType<typeof smallCasebook>>;
let tip: string;
let other: string;
let note: string;

const by = (person: string, ...args: string[]) =>
  runTip([...args, "--casebook", made.folder, "--shares", made.card, "--person", person], new Date(), () => undefined);
const casebook = async () => (await openWith(made.folder, made.card)).casebook;

beforeAll(async () => {
  made = await smallCasebook("I saw it by the river.", "Another.");
  // Their order in a batch is their commitments', which are random.
  const [one, another] = tipsOf(made.open.casebook);
  if (one === undefined || another === undefined) throw new Error("two tips were made");
  const isFirst = (await readRecord(made.open.casebook, one)).tip.answers.narrative.includes("river");
  [tip, other] = isFirst ? [one.entry.id, another.entry.id] : [another.entry.id, one.entry.id];
  note = join(dirname(made.folder), "note.txt");
  await writeFile(note, "Compare the river.\r\n");
});

describe("the command tip", { timeout: 300_000 }, () => {
  it("shows a text only after a declaration, and takes work only after opening", async () => {
    const grade = ["grade", tip, "--source", "F", "--information", "6", "--reason", "specific_detail", "--reason", "access_plausible"];
    expect(await refusalOf(() => by("Ana", "open", tip))).toBe("conflict-undeclared");
    await by("Ana", "declare", tip, "--none");
    expect(await refusalOf(() => by("Ana", ...grade))).toBe("wrong-state");
    expect((await by("Ana", "open", tip.slice(0, 6))).lines.join("\n")).toContain("I saw it by the river.");
    await by("Ana", ...grade);
    expect((await casebook()).acts("graded")).toMatchObject([{ tip, reasons: ["access_plausible", "specific_detail"], note: null }]);
  });

  it("keeps out whoever has a tie until a lead decides, and the other's grade from who has not graded", async () => {
    await by("Bo", "declare", tip, "--tie", "knows_person");
    expect(await refusalOf(() => by("Bo", "open", tip))).toBe("recused");
    await by("Ana", "decide-tie", tip, "Bo", "read");
    expect((await by("Bo", "open", tip)).json).toMatchObject({ state: "opened", grades: [] });
    await by("Bo", "grade", tip, "--source", "F", "--information", "5", "--text", note);
    const again = await by("Bo", "open", tip);
    expect(again.json).toMatchObject({
      grades: [
        { by: "Ana", information: 6 },
        { by: "Bo", information: 5 },
      ],
    });
    expect(again.lines.join("\n")).toContain("Grade F6 by Ana: access_plausible, specific_detail");
    expect((await casebook()).acts("tip-opened")).toHaveLength(2);
  });

  it("writes what the window's forms write", async () => {
    await by("Ana", "tag", tip, "organs", "liver");
    await by("Ana", "note", tip, "--text", note);
    const { event } = (await by("Ana", "entity", "facility", "某医院", "--romanised", "mou yiyuan")).json as { event: number };
    await by("Ana", "mention", tip, String(event), "--certainty", "probable", "--from", "2", "--to", "5");
    expect(await refusalOf(() => by("Ana", "link", tip, other, "corroborates", "--independent", "yes"))).toBe("conflict-undeclared");
    await by("Ana", "move", tip, "triaged");
    expect(await refusalOf(() => by("Ana", "move", tip, "corroborated"))).toBe("wrong-state");
    const open = await casebook();
    expect(open.acts("mentioned")).toMatchObject([{ entity: event, quote: { start: 2, end: 5 }, certainty: "probable" }]);
    expect(JSON.stringify(open.events)).not.toContain("Compare the river");
    expect(open.state.tip(tip).state).toBe("triaged");
    await by("Ana", "undo", String(open.events.length));
    expect((await casebook()).state.tip(tip).state).toBe("opened");
  });

  it.each<[string, string[]]>([
    ["a declaration that says nothing", ["declare", "0000"]],
    ["one that says both", ["declare", "0000", "--none", "--tie", "financial"]],
    ["a tie that nobody knows", ["declare", "0000", "--tie", "envy"]],
    ["a grade without its source", ["grade", "0000", "--information", "1"]],
    ["a grade of seven", ["grade", "0000", "--source", "A", "--information", "7"]],
    ["a tag of another set", ["tag", "0000", "organs", "uyghur"]],
    ["a quote that ends before it begins", ["code", "0000", "cah.murder", "supports", "--from", "5", "--to", "5"]],
    ["a note without a text", ["note", "0000"]],
    ["closing without a reason", ["move", "0000", "closed"]],
    ["a duplicate of nothing", ["move", "0000", "duplicate"]],
    ["an action that is none", ["burn", "0000"]],
    ["another action's option", ["open", "0000", "--none"]],
  ])("does not understand %s", async (_what, args) => {
    expect(await refusalOf(() => by("Ana", ...args))).toBe("usage");
  });
});
