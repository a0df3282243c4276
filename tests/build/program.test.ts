import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programAsWritten, readProgram } from "../../src/build/program.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { formatProgram, type Program } from "../../src/protocol/format/program.ts";
import { OFFERING } from "../support/programs.ts";
import { refusalOf } from "../support/refusals.ts";

const EXAMPLES = new URL("../../deploy/programs/", import.meta.url).pathname;
const TODAY = "2026-11-24";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-program-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function kept(program: Program): Promise<string> {
  const path = join(folder, "program.json");
  await writeFile(path, formatProgram(program));
  return path;
}

describe("the examples", () => {
  it("are the four of the State Department, dated, marked as examples, and offer nothing", async () => {
    const names = (await readdir(EXAMPLES)).sort();
    expect(names).toEqual([
      "global-criminal-justice.json",
      "narcotics.json",
      "rewards-for-justice.json",
      "transnational-organized-crime.json",
    ]);
    for (const name of names) {
      const program = programAsWritten(await readFile(join(EXAMPLES, name)));
      expect([program.example, program.offer, program.checked], name).toEqual([true, null, "2026-11-24"]);
      expect(program.note, name).toMatch(/^Example, check before use\. /);
      expect(program.approvals.map(({ step }) => step)).toEqual(["nomination", "committee", "concurrence", "decision"]);
      expect(program.reports.map(({ days, due }) => `${String(days)} ${due}`)).toEqual([
        "30 after-payment",
        "15 before-payment-in-cryptocurrency",
        "60 after-fiscal-year",
      ]);
    }
  });

  it("are refused with keys in earnest, and shown with demo keys", async () => {
    const example = programAsWritten(await readFile(join(EXAMPLES, "rewards-for-justice.json")));
    const path = await kept(example);
    expect(await refusalOf(() => readProgram(path, TODAY, false))).toBe("example-program");
    expect(await readProgram(path, TODAY, true)).toEqual(example);
  });
});

describe("the file beside the keys", () => {
  it("may be missing: then nothing is on offer", async () => {
    expect(await readProgram(join(folder, "nothing.json"), TODAY, false)).toBeNull();
  });

  it("is refused when it is not in its one form, however good it is to read", async () => {
    const path = join(folder, "program.json");
    await writeFile(path, JSON.stringify(OFFERING, null, 2));
    expect(await refusalOf(() => readProgram(path, TODAY, false))).toBe("bad-program");
    expect(programAsWritten(await readFile(path))).toEqual(OFFERING);
  });

  it("is refused when its offer is over on the day of the build", async () => {
    const path = await kept(OFFERING);
    expect(await refusalOf(() => readProgram(path, "2026-01-01", false))).toBe("offer-not-current");
    expect(await readProgram(path, "2026-01-02", false)).toEqual(OFFERING);
  });
});

it("refuses what a person wrote wrong", async () => {
  for (const text of ["", "{", '{"version":1}', '{"a":1.5}']) {
    expect(await refusalOf(() => programAsWritten(utf8(text))), text).toBe("bad-program");
  }
});
