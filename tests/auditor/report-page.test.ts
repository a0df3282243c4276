/** The report that people look at: what is in it, and that nothing from the log gets out of its place. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../src/auditor/command.ts";
import { reportPage } from "../../src/auditor/report-page.ts";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type LogStory, TODAY, wholeStory } from "./log-story.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-report-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function report(name: string, story: LogStory, today = TODAY): Promise<{ code: number; html: string; json: unknown }> {
  const base = join(folder, name);
  for (const [path, bytes] of (await story.write()).files) {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), bytes);
  }
  await writeFile(join(folder, "policy.txt"), story.policy());
  const out = join(folder, `${name}-report`);
  const quiet = { write: () => true };
  const code = await run(["report", base, "--policy", join(folder, "policy.txt"), "--out", out, "--today", today], {
    out: quiet,
    error: quiet,
  });
  expect((await readdir(out)).toSorted()).toEqual(["report.html", "report.json"]);
  const html = await readFile(join(out, "report.html"), "utf8");
  return { code, html, json: JSON.parse(await readFile(join(out, "report.json"), "utf8")) };
}

test("a clean log's report says so first, draws every batch and has the same in numbers", async () => {
  const story = await wholeStory();
  const fingerprint = "a".repeat(64);
  story.leaves.push({ kind: "page", date: TODAY, manifest: fingerprint, commit: "c".repeat(40), sbom: fingerprint });
  const { code, html, json } = await report("clean", story);
  expect(code).toBe(0);
  expect(html.indexOf("<strong>Clean</strong>")).toBeLessThan(html.indexOf("<h2>"));
  // One for each batch, and one that says what a circle is.
  expect(html.match(/<circle /g)).toHaveLength(9);
  for (const text of ["Batch 8", "2026-03-06", "key-destroyed-partition-dropped", "c".repeat(40), "What this cannot show"])
    expect(html).toContain(text);
  expect(json).toMatchObject({ verdict: "clean", history: { batches: { length: 8 }, pages: [{ index: 531 }] } });
  expect(json).toMatchObject({
    history: {
      batches: expect.arrayContaining([expect.objectContaining({ batch: 1, acknowledged: "2026-03-03", due: "2026-03-06" })]) as unknown,
    },
  });
});

test("each finding is in it, with its place and how to look", async () => {
  const story = await wholeStory();
  story.leaves.push(new TextEncoder().encode(`{"n":"1"}`));
  const { code, html, json } = await report("faulty", story, "2026-03-20");
  expect(code).toBe(1);
  expect(html).toContain("<strong>8 findings</strong>");
  expect(html).toContain("number 19, counted from 0, in entry tile 2");
  expect(html).toContain("batch-overdue");
  expect(json).toMatchObject({ verdict: "findings" });
});

test("it runs and loads nothing, and what comes from elsewhere is text", () => {
  const html = reportPage(
    {
      origin: `<script>alert("1")</script>`,
      today: TODAY,
      checkpoint: null,
      seenBefore: null,
      cosignatures: [],
      batches: null,
      findings: [],
      conflict: null,
    },
    null,
    `"><img src=x>`,
  );
  expect(html).toContain("default-src &#39;none&#39;; style-src &#39;sha256-");
  expect(html).not.toMatch(/<script|<img|<link|<a |style=|https?:|\bon[a-z]+=/);
});
