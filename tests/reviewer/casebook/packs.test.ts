/** Packs: they save time and are believed for nothing that the chain does not say. */
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { closeBox, openBox } from "../../../src/reviewer/casebook/box.ts";
import { Casebook } from "../../../src/reviewer/casebook/casebook.ts";
import { formatSignedEvent, linkOf } from "../../../src/reviewer/casebook/event.ts";
import { refusalOf } from "../../support/refusals.ts";
import { newFolder } from "../../support/review-machine.ts";

const HASH = "0".repeat(64);
const NOW = new Date("2026-06-01T12:00:00Z");
const keys = { casebook: randomBytes(32), wrapping: [randomBytes(32)] };
const OPENING = { origin: "tips.test/log", program: HASH, rewards: HASH, review: "review", grace_days: 8, demo: true };
const EACH = 4;

let folder: string;
const event = (number: number): string => join(folder, "events", `${String(number).padStart(8, "0")}.jwe`);
const pack = (first: number): string => join(folder, "packs", `${String(first).padStart(8, "0")}.jwe`);

async function append(casebook: Casebook, count: number): Promise<void> {
  const bo = await casebook.person("Bo");
  for (let number = 0; number < count; number++) {
    const tip = casebook.events.length.toString(16).padStart(12, "0");
    await casebook.append({ kind: "extracted", tip }, bo, NOW);
  }
}

/** Lines of the first pack. */
async function linesOf(first: number): Promise<string[]> {
  const text = fromUtf8(await openBox(new Uint8Array(await readFile(pack(first))), keys.casebook, "firsthand-pack"));
  return text.split("\n").slice(0, -1);
}

async function putPack(first: number, lines: readonly string[]): Promise<void> {
  await writeFile(pack(first), await closeBox(utf8(lines.map((line) => `${line}\n`).join("")), keys.casebook, "firsthand-pack"));
}

beforeEach(async () => {
  folder = join(await newFolder(), "casebook");
  await mkdir(folder);
  const roles = ["importer", "lead", "reviewer", "translator"] as const;
  const people = ["Ana", "Bo"].map((name) => ({ name, roles, secret: null }));
  const casebook = await Casebook.create(folder, keys, people, OPENING, NOW);
  await append(casebook, 9);
  await casebook.pack(EACH);
});

describe("packs", () => {
  it("give the same casebook as the events' own files, and go on where they ended", async () => {
    expect(await readdir(join(folder, "packs"))).toEqual(["00000001.jwe", "00000005.jwe"]);
    const byFiles = await Casebook.open(folder, keys, "files");
    const byPacks = await Casebook.open(folder, keys);
    expect(byPacks.events).toEqual(byFiles.events);
    await append(byPacks, 2);
    await byPacks.pack(EACH);
    expect(await readdir(join(folder, "packs"))).toHaveLength(3);
    expect((await Casebook.open(folder, keys)).events).toEqual((await Casebook.open(folder, keys, "files")).events);
  });

  it("are what is read: what files of older events say instead, only reading from files notices", async () => {
    await copyFile(event(2), event(3));
    expect((await Casebook.open(folder, keys)).events).toHaveLength(10);
    expect(await refusalOf(() => Casebook.open(folder, keys, "files"))).toBe("casebook-damaged");
  });

  it("do not hide that an event's file is missing", async () => {
    await rm(event(2));
    expect(await refusalOf(() => Casebook.open(folder, keys))).toBe("casebook-damaged");
  });

  it("show that the latest events were cut off", async () => {
    for (const number of [7, 8, 9, 10]) await rm(event(number));
    expect(await refusalOf(() => Casebook.open(folder, keys))).toBe("casebook-damaged");
    await rm(join(folder, "packs"), { recursive: true });
    expect((await Casebook.open(folder, keys)).events).toHaveLength(6);
  });

  it.each([0, 40, 200, -1])("are left aside with a changed byte at %i", async (at) => {
    const bytes = await readFile(pack(1));
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = bytes[index] === 0x41 ? 0x42 : 0x41;
    await writeFile(pack(1), bytes);
    const casebook = await Casebook.open(folder, keys);
    expect(casebook.events).toHaveLength(10);
    await casebook.pack(EACH);
    expect(await linesOf(1)).toHaveLength(EACH);
  });

  it("are left aside when they are of another casebook, and made again", async () => {
    const other = join(await newFolder(), "other");
    await cp(folder, other, { recursive: true });
    for (let number = 4; number <= 10; number++) await rm(join(other, "events", `${String(number).padStart(8, "0")}.jwe`));
    await rm(join(other, "packs"), { recursive: true });
    const diverged = await Casebook.open(other, keys);
    const ana = await diverged.person("Ana");
    for (let number = 0; number < 6; number++) await diverged.append({ kind: "extracted", tip: "0000000000ff" }, ana, NOW);
    await diverged.pack(EACH);
    const right = await linesOf(1);
    for (const name of ["00000001.jwe", "00000005.jwe"]) await copyFile(join(other, "packs", name), join(folder, "packs", name));
    const casebook = await Casebook.open(folder, keys);
    expect(casebook.events).toEqual((await Casebook.open(folder, keys, "files")).events);
    await casebook.pack(EACH);
    expect(await linesOf(1)).toEqual(right);
  });

  it("cannot be forged by who has the cards and nobody's signing key", async () => {
    // Event 2 is made to say something else, and everything after it is chained to that, signed by a key that is nobody's.
    const casebook = await Casebook.open(folder, keys, "files");
    const [first = ""] = await linesOf(1);
    const stranger = await signingKeyFromSeed(randomBytes(32));
    const lines = [first];
    let previous = casebook.events[0]?.link ?? "";
    for (const { sequence, at, person } of casebook.events.slice(1, 4)) {
      const act = { kind: "extracted" as const, tip: "0000000000ff" };
      const forged = await formatSignedEvent({ sequence, previous, person, at, act }, stranger);
      lines.push(fromUtf8(forged));
      previous = linkOf(forged);
    }
    await rm(pack(5));
    await putPack(1, lines);
    const opened = await Casebook.open(folder, keys);
    expect(opened.events).toEqual(casebook.events);
    expect(toHex(stranger.publicKey)).not.toBe(opened.events[1]?.person);
  });

  it.each([
    ["a line left out", (lines: string[]) => [...lines.slice(0, 1), ...lines.slice(2)]],
    ["lines that changed places", ([a = "", b = "", ...rest]: string[]) => [b, a, ...rest]],
    ["a line twice", ([a = "", ...rest]: string[]) => [a, a, ...rest]],
    ["a line that is no event", ([a = ""]: string[]) => [a, "{}"]],
    ["a line that is no JSON", ([a = ""]: string[]) => [a, "x"]],
    ["an empty line", (lines: string[]) => [...lines, ""]],
    ["no lines", () => []],
  ])("are left aside with %s", async (_, change) => {
    await putPack(1, change(await linesOf(1)));
    expect((await Casebook.open(folder, keys)).events).toEqual((await Casebook.open(folder, keys, "files")).events);
  });
});
