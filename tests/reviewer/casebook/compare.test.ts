/** Copies of a casebook, compared; and a disk that is full. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import { compareCasebooks } from "../../../src/reviewer/casebook/compare.ts";
import { newFolder, reviewer } from "../../support/review-machine.ts";
import { openWith, smallCeremony } from "../../support/small-casebook.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
let folder: string;
let copy: string;
let card: string;
let other: string;

beforeAll(async () => {
  const ceremony = await smallCeremony(true);
  [folder, card] = [join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt")];
  copy = join(await newFolder(), "copy");
  other = join(await newFolder(), "other");
  await cp(folder, copy, { recursive: true });
  await cp(folder, other, { recursive: true });
});

async function act(casebook: string, name: string, tip: string): Promise<void> {
  const open = await openWith(casebook, card);
  await open.casebook.append({ kind: "extracted", tip }, await open.casebook.person(name), NOW);
}

describe("a copy", () => {
  const relation = async (): Promise<string> =>
    compareCasebooks((await openWith(folder, card)).casebook, (await openWith(copy, card)).casebook).relation;

  it("is the same, older or newer", async () => {
    expect(await relation()).toBe("same");
    await act(folder, "Ana", "0000000000aa");
    expect(await relation()).toBe("ahead");
    await cp(folder, copy, { recursive: true });
    await act(copy, "Bo", "0000000000bb");
    expect(await relation()).toBe("behind");
  });

  it("that went another way is named by the command, with who did what first", async () => {
    await act(folder, "Ana", "0000000000cc");
    expect(await relation()).toBe("diverged");
    const { status, out } = await reviewer(["verify", "--against", copy, "--casebook", folder, "--shares", card]);
    expect(status).toBe(1);
    expect(out).toContain("DIVERGED after event 2");
    expect(out).toContain("here:  1 event, first extracted by Ana");
    expect(out).toContain("there: 1 event, first extracted by Bo");
  });
});

it("a full disk takes nothing half: the casebook is as before and goes on when there is room", async () => {
  const root = new URL("../../../src/", import.meta.url).href;
  const disk = await newFolder();
  const script = `import { writeFile, readFile, rm, cp } from "node:fs/promises";
    import { openVault } from "${root}reviewer/casebook/vault.ts";
    import { Casebook } from "${root}reviewer/casebook/casebook.ts";
    import { Fault } from "${root}protocol/errors.ts";
    import { parseShares } from "${root}reviewer/share-cards.ts";
    const folder = ${JSON.stringify(join(disk, "casebook"))};
    await cp(${JSON.stringify(other)}, folder, { recursive: true });
    const vault = await openVault(new Uint8Array(await readFile(folder + "/vault.locked")), parseShares(await readFile(${JSON.stringify(card)}, "utf8")));
    const casebook = await Casebook.open(folder, vault);
    const ana = await casebook.person("Ana");
    const filler = ${JSON.stringify(join(disk, "filler"))};
    for (let size = 1 << 20; size >= 1; size >>= 1) await writeFile(filler, Buffer.alloc(size), { flag: "a" }).catch(() => undefined);
    const act = { kind: "extracted", tip: "0000000000aa" };
    const failed = await casebook.append(act, ana, new Date(0)).then(() => "written", (error) => error instanceof Fault ? "fault" : "bug");
    const events = (await Casebook.open(folder, vault)).events.length;
    await rm(filler);
    await casebook.append(act, ana, new Date(0));
    console.log(JSON.stringify([failed, events, (await Casebook.open(folder, vault)).events.length]));`;
  const inside = `mount -t tmpfs -o size=1m none "$1" && exec "$2" --input-type=module --eval "$3"`;
  const child = spawn("unshare", ["--map-root-user", "--mount", "sh", "-c", inside, "sh", disk, process.execPath, script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  expect(err).toBe("");
  expect(JSON.parse(out)).toEqual(["fault", 1, 2]);
});
