/**
 * A casebook of the time when its format was new still opens. `MAKE_SPECIMEN=1` makes it again (only with a new version of the format): a practice casebook of two tips, with a
 * declaration, a tag and the first grade, and its card.
 */
import { execFile } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { checkCasebook } from "../../../src/reviewer/casebook/check.ts";
import { readRecord, tipsOf } from "../../../src/reviewer/casebook/shelf.ts";
import { newFolder } from "../../support/review-machine.ts";
import { openWith, smallCasebook } from "../../support/small-casebook.ts";

const SPECIMEN = fileURLToPath(new URL("../../vectors/specimens/casebook.tar.gz", import.meta.url));
const NOW = new Date("2026-11-24T12:00:00Z");
const run = promisify(execFile);

async function make(): Promise<void> {
  const { folder, card, open } = await smallCasebook("The first account.", "The second account.");
  const [tip] = tipsOf(open.casebook);
  if (tip === undefined) throw new Error("there are tips");
  const ana = await open.casebook.person("Ana");
  const id = tip.entry.id;
  await open.casebook.append({ kind: "declared", tip: id, ties: [] }, ana, NOW);
  await open.casebook.append({ kind: "tip-opened", tip: id }, ana, NOW);
  await open.casebook.append({ kind: "tagged", tip: id, set: "victim_group", code: "unknown" }, ana, NOW);
  const place = await mkdtemp(join(await newFolder(), "specimen-"));
  await cp(folder, join(place, "casebook"), { recursive: true });
  await cp(card, join(place, "card.txt"));
  const owner = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=2026-11-24 00:00Z"];
  await run("tar", ["--create", "--gzip", "--file", SPECIMEN, ...owner, "--directory", place, "card.txt", "casebook"]);
  expect(dirname(SPECIMEN)).toContain("specimens");
}

it("a casebook of version 2 is whole, and its tips and events are read", async () => {
  if (process.env["MAKE_SPECIMEN"] === "1") await make();
  const place = await newFolder();
  await run("tar", ["--extract", "--gzip", "--file", SPECIMEN, "--directory", place]);
  const { casebook } = await openWith(join(place, "casebook"), join(place, "card.txt"));
  expect(await checkCasebook(casebook, () => undefined)).toEqual([]);
  const narratives = await Promise.all(tipsOf(casebook).map(async (tip) => (await readRecord(casebook, tip)).tip.answers.narrative));
  expect(narratives.sort()).toEqual(["The first account.", "The second account."]);
  const kinds = casebook.state.tip(tipsOf(casebook)[0]?.entry.id ?? "").items.map(({ act }) => act.kind);
  expect(kinds).toContain("tagged");
});
