/** The casebook's chain: what it keeps, and what it notices. */
import { spawn } from "node:child_process";
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { closeBox, openBox } from "../../../src/reviewer/casebook/box.ts";
import { Casebook } from "../../../src/reviewer/casebook/casebook.ts";
import { becomeWriter } from "../../../src/reviewer/casebook/writer.ts";
import { refusalOf } from "../../support/refusals.ts";
import { listingOf, newFolder } from "../../support/review-machine.ts";

const HASH = "0".repeat(64);
const NOW = new Date("2026-06-01T12:00:00.500Z");
const keys = { casebook: randomBytes(32), wrapping: [randomBytes(32)] };
const { casebook: key } = keys;
const ROLES = ["importer", "lead", "reviewer", "translator"] as const;
const OPENING = { origin: "tips.test/log", program: HASH, rewards: HASH, review: "review", grace_days: 8, demo: true };
const people = (...names: string[]) => names.map((name) => ({ name, roles: ROLES, secret: null }));

let folder: string;
const event = (number: number): string => join(folder, "events", `${String(number).padStart(8, "0")}.jwe`);

beforeEach(async () => {
  folder = join(await newFolder(), "casebook");
  await mkdir(folder);
  const casebook = await Casebook.create(folder, keys, people("Ana", "Bo"), OPENING, NOW);
  for (const tip of ["0000000000aa", "0000000000bb", "0000000000cc"]) {
    await casebook.append({ kind: "extracted", tip }, await casebook.person("Bo"), NOW);
  }
});

describe("a casebook", () => {
  it("remembers who did what and when", async () => {
    const casebook = await Casebook.open(folder, keys);
    const bo = await casebook.person("Bo");
    expect(casebook.acts("extracted").map(({ tip }) => tip)).toEqual(["0000000000aa", "0000000000bb", "0000000000cc"]);
    expect(casebook.events.slice(1).every(({ person, at }) => person === bo.key && at === "2026-06-01T12:00:00Z")).toBe(true);
    expect(casebook.opened.people.map(({ name }) => name)).toEqual(["Ana", "Bo"]);
  });

  it("can be copied, and the copy goes on by itself", async () => {
    const copy = join(await newFolder(), "copy");
    await cp(folder, copy, { recursive: true });
    const casebook = await Casebook.open(copy, keys);
    await casebook.append({ kind: "extracted", tip: "0000000000dd" }, await casebook.person("Ana"), NOW);
    expect((await Casebook.open(copy, keys)).events).toHaveLength(5);
    expect((await Casebook.open(folder, keys)).events).toHaveLength(4);
  });

  it("keeps nothing readable: no file has a name or a tip's id in it", async () => {
    for (const line of await listingOf(folder)) {
      const [name = "", , size = ""] = line.split(" ");
      if (size === "" || name === "PRACTICE") continue;
      const content = await readFile(join(folder, name), "latin1");
      for (const word of ["0000000000aa", "tips.test", "extracted"]) expect(`${name} ${content}`).not.toContain(word);
      expect(content).toMatch(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
    }
  });

  it("asks who acts when there are several people", async () => {
    const casebook = await Casebook.open(folder, keys);
    expect(await refusalOf(() => casebook.person())).toBe("usage");
    expect(await refusalOf(() => casebook.person("Cem"))).toBe("usage");
  });

  it("ignores and overwrites what a killed writer left beside an event", async () => {
    await writeFile(`${event(5)}.partial`, "half an eve");
    const casebook = await Casebook.open(folder, keys);
    await casebook.append({ kind: "extracted", tip: "0000000000dd" }, await casebook.person("Ana"), NOW);
    expect((await Casebook.open(folder, keys)).events).toHaveLength(5);
    expect((await readdir(join(folder, "events"))).some((name) => name.endsWith(".partial"))).toBe(false);
  });
});

describe("a casebook notices", () => {
  const damaged = async (): Promise<void> => {
    expect(await refusalOf(() => Casebook.open(folder, keys))).toBe("casebook-damaged");
  };

  it("a missing event", async () => {
    await rm(event(2));
    await damaged();
  });

  it("no events at all", async () => {
    for (const number of [1, 2, 3, 4]) await rm(event(number));
    await damaged();
  });

  it("events that changed places", async () => {
    await rename(event(2), `${event(2)}.x`);
    await rename(event(3), event(2));
    await rename(`${event(2)}.x`, event(3));
    await damaged();
  });

  it("an event that is there twice", async () => {
    await copyFile(event(4), event(5));
    await damaged();
  });

  it("an event with a changed byte", async () => {
    const bytes = await readFile(event(3));
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    await writeFile(event(3), bytes);
    await damaged();
  });

  it("a file that does not belong there", async () => {
    await writeFile(join(folder, "events", "notes.txt"), "mine");
    await damaged();
  });

  it("another key", async () => {
    expect(await refusalOf(() => Casebook.open(folder, { ...keys, casebook: randomBytes(32) }))).toBe("casebook-damaged");
  });

  it("an event of another casebook with the same key", async () => {
    const other = join(await newFolder(), "other");
    await mkdir(other);
    const casebook = await Casebook.create(other, keys, people("Eve"), { ...OPENING, origin: "other.test/log" }, NOW);
    await casebook.append({ kind: "extracted", tip: "0000000000ee" }, await casebook.person(), NOW);
    await copyFile(join(other, "events", "00000002.jwe"), event(2));
    await damaged();
    await rm(event(4));
    await rm(event(3));
    await damaged();
  });
});

describe("encrypted files", () => {
  it("cannot stand for another kind", async () => {
    const box = await closeBox(randomBytes(10), key, "firsthand-tip");
    expect(await refusalOf(() => openBox(box, key, "firsthand-event"))).toBe("casebook-damaged");
    expect(await refusalOf(() => openBox(box.slice(0, -1), key, "firsthand-tip"))).toBe("casebook-damaged");
    expect(await openBox(box, key, "firsthand-tip")).toHaveLength(10);
  });
});

describe("writing", () => {
  it("is for one process at a time, and free again when that one is killed", async () => {
    const module = new URL("../../../src/reviewer/casebook/writer.ts", import.meta.url).href;
    const script = `import { becomeWriter } from ${JSON.stringify(module)};
      globalThis.held = becomeWriter(${JSON.stringify(folder)});
      process.stdout.write("held");
      setInterval(() => globalThis.held, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(holder, "exit");
    await once(holder.stdout, "data");
    expect(await refusalOf(() => becomeWriter(folder))).toBe("another-writer");
    holder.kill("SIGKILL");
    await exited;
    becomeWriter(folder).release();
    becomeWriter(folder).release();
    expect((await readdir(folder)).sort()).toEqual(["PRACTICE", "bundles", "events", "people", "writer.lock"]);
  });
});
