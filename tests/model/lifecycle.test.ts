/**
 * The life cycle's model (lifecycle.pml) is checked by Spin: every order of events, a crash before every step. Then each defence is taken out of the model in turn, and
 * Spin has to find what goes wrong: a model in which nothing can go wrong proves nothing.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const MODEL = join(import.meta.dirname, "lifecycle.pml");
const COURIER = join(import.meta.dirname, "../../src/server/courier");

/** What Spin says of a model. `found` is the assertion that does not hold, or another fault; null if there is none. */
interface Verdict {
  readonly states: number;
  readonly found: string | null;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-model-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Explores every state. @param search `safety`: assertions and ends; `cycles`: is there a run without an end? */
async function explore(settings: Readonly<Record<string, number>>, search: "safety" | "cycles" = "safety"): Promise<Verdict> {
  // A broken model has few states to go through before the harm: compiling it well takes longer.
  const optimise = "BROKEN" in settings ? "-O0" : "-O1";
  const cwd = await mkdtemp(join(folder, "run-"));
  const defined = Object.entries(settings).map(([name, value]) => `-D${name}=${String(value)}`);
  await run("spin", [...defined, "-a", MODEL], { cwd });
  const kind = search === "safety" ? ["-DSAFETY", "-DHC4"] : ["-DNP"];
  await run("gcc", [optimise, "-w", "-DVECTORSZ=2048", ...kind, "-o", "pan", "pan.c"], { cwd });
  const { stdout } = await run("./pan", ["-m100000", ...(search === "cycles" ? ["-l"] : [])], { cwd, maxBuffer: 64 << 20 });
  const states = /(\d+) states, stored/.exec(stdout)?.[1];
  if (states === undefined || /Search not completed|max search depth/.test(stdout) !== /errors: [1-9]/.test(stdout))
    throw new Error(stdout.slice(0, 2000));
  return { states: Number(states), found: /^pan:1: (.*?) \(at depth/m.exec(stdout)?.[1] ?? null };
}

/** Names of steps in C comments and code that is compiled when nothing is broken. */
async function stepsOfModel(): Promise<Set<string>> {
  const text = (await readFile(MODEL, "utf8")).replaceAll(/#if BROKEN == \d\n[^#]*#endif/g, "");
  return new Set([...text.matchAll(/\bstep\("([^"]+)"\)/g)].map(([, name]) => name ?? ""));
}

async function stepsOfCode(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const file of ["seal", "writer", "export", "stick", "import", "purge"]) {
    const text = await readFile(join(COURIER, `${file}.ts`), "utf8");
    // A step's name stands in the call, or is what a parameter is if nothing is said.
    for (const [, name] of text.matchAll(/(?:\bprogress\(|\bstep: [^=\n]*= )"([^"]+)"/g)) names.add(name ?? "");
  }
  return names;
}

describe("the life cycle's model", () => {
  it("has the steps that the code has", async () => {
    const code = await stepsOfCode();
    // Replies stand in no log and no batch.
    code.delete("removing replies");
    expect([...(await stepsOfModel())].sort()).toEqual([...code].sort());
  });

  it("loses no receipted tip, publishes no fork, purges nothing unacknowledged and in the end everything, with two crashes anywhere", async () => {
    const { found, states } = await explore({ CRASHES: 2 });
    expect(found).toBeNull();
    expect(states).toBeGreaterThan(1_000_000);
  });

  it("has no run without an end", async () => {
    expect((await explore({ CRASHES: 1, WITNESSES: 1 }, "cycles")).found).toBeNull();
  });

  it("publishes no fork with an older dump put back at any moment", async () => {
    const { found, states } = await explore({ CRASHES: 0, RESTORES: 1, WITNESSES: 1 });
    expect(found).toBeNull();
    expect(states).toBeGreaterThan(1_000_000);
  });
});

describe("without a defence, the model finds the harm:", () => {
  const LOST = /receipt/;
  const FORK = "assertion violated (known[i]==db.entry[i])";
  it.each([
    { broken: 1, defence: "a receipt comes after the commit", harm: LOST },
    { broken: 2, defence: "a generation is dropped after its batch is written and published", harm: LOST },
    { broken: 3, defence: "only what is acknowledged is purged", harm: "assertion violated (imported_through>=batch)" },
    { broken: 4, restores: 1, defence: "what is signed extends the checkpoint kept outside the database", harm: FORK },
    { broken: 5, restores: 1, defence: "a checkpoint is kept before it is published", harm: FORK },
    { broken: 6, defence: "a batch key is durable before anything is written under it", harm: LOST },
    { broken: 7, defence: "a bundle is written down before it leaves", harm: /stick_last/ },
    { broken: 8, defence: "a purge is logged after the key is destroyed", harm: "assertion violated  !(batch_key[1])" },
  ])("$defence", async ({ broken, restores = 0, harm }) => {
    const { found } = await explore({ CRASHES: 1, WITNESSES: 1, RESTORES: restores, BROKEN: broken });
    if (typeof harm === "string") expect(found).toBe(harm);
    else expect(found).toMatch(harm);
  });
});
