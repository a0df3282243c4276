/** A review machine with a network, and one without; people with locks of their own. */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { beforeAll, describe, expect, it } from "vitest";
import { OVERRIDE } from "../../src/reviewer/isolation.ts";
import { newFolder, reviewer } from "../support/review-machine.ts";
import { openWith, PASSPHRASES, smallCeremony } from "../support/small-casebook.ts";

const MAIN = new URL("../../src/reviewer/main.ts", import.meta.url).pathname;

let casebook: string;
let card: string;
let passes: string[];

beforeAll(async () => {
  const ceremony = await smallCeremony(false);
  [casebook, card] = [join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt")];
  const folder = await newFolder();
  passes = [join(folder, "ana"), join(folder, "bo")];
  for (const [index, path] of passes.entries()) await writeFile(path, `${PASSPHRASES[index] ?? ""}\n`);
});

/** Runs the command in a namespace of its own: with loopback alone, or with an interface as well that is up, has no address and leads nowhere. */
async function inside(network: "none" | "veth", ...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const up = network === "none" ? ":" : "ip link add net0 type veth peer name net1 && ip link set net0 up && mount -t sysfs none /sys";
  const command = ["--map-root-user", "--net", "--mount", "sh", "-c", `${up} && exec "$@"`, "sh", process.execPath, MAIN, ...args];
  const child = spawn("unshare", command, { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close") as Promise<[number]>]);
  return { status, out, err };
}

describe("a review machine", () => {
  const usual = (): string[] => ["--casebook", casebook, "--shares", card, "--json"];

  it("works where there is no network, without any override", async () => {
    const { status, out, err } = await inside("none", "status", ...usual());
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({ networks: [], events: 1, people: ["Ana", "Bo"] });
  });

  it("with a network refuses, unless the override is typed out and somebody signs for it", async () => {
    const here = (...args: string[]) => inside("veth", "status", ...usual(), ...args);
    const refused = await here();
    expect({ status: refused.status, out: refused.out }).toEqual({ status: 1, out: "" });
    expect(refused.err).toContain('"network-up"');
    expect((await here("--i-know")).status).toBe(2);
    expect((await here(`--${OVERRIDE}`, "--person", "Ana")).err).toContain('"cannot-unlock"');
    expect((await here(`--${OVERRIDE}`, "--person", "Ana", "--pass", passes[1] ?? "")).err).toContain('"cannot-unlock"');
    const { status, out } = await here(`--${OVERRIDE}`, "--person", "Ana", "--pass", passes[0] ?? "");
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ networks: ["net0"], events: 2 });
    const { casebook: now } = await openWith(casebook, card);
    expect(now.acts("network-overridden")).toEqual([{ kind: "network-overridden", interfaces: ["net0"] }]);
  });
});

describe("two people with passphrases of their own", () => {
  it("add a third, who signs with theirs; nobody signs as somebody else", async () => {
    const [ana = "", bo = ""] = passes;
    const as = (name: string, pass: string, ...args: string[]) =>
      inside("none", ...args, "--casebook", casebook, "--shares", card, "--person", name, "--pass", pass, "--json");
    const newPass = join(await newFolder(), "cem");
    await writeFile(newPass, "cem has sixteen letters and more\n");
    expect((await as("Bo", ana, "propose", "add-person", "Cem=reviewer", "--new-pass", newPass)).err).toContain('"cannot-unlock"');
    const proposed = await as("Ana", ana, "propose", "add-person", "Cem=reviewer", "--new-pass", newPass);
    const { proposal } = JSON.parse(proposed.out) as { proposal: number };
    expect((await as("Ana", ana, "confirm", String(proposal))).err).toContain('"needs-another-person"');
    expect((await as("Cem", newPass, "reject", String(proposal))).err).toContain('"usage"');
    expect((await as("Bo", bo, "proposals")).out).toContain("Cem");
    expect((await as("Bo", bo, "confirm", String(proposal))).status).toBe(0);
    const { casebook: now } = await openWith(casebook, card);
    expect(now.people.map(({ name, roles }) => [name, roles])).toContainEqual(["Cem", ["reviewer"]]);
    expect((await as("Cem", newPass, "reject", String(proposal))).err).toContain('"no-such-item"');
  });
});

describe("a rehearsed ceremony", () => {
  it("ends only when every card was typed back, and leaves nothing when one was not", async () => {
    const hold = async (type: (cards: string[]) => string) => {
      const folder = join(await newFolder(), "review");
      const args = [
        MAIN,
        "ceremony",
        folder,
        "--origin",
        "o",
        "--epochs",
        "1",
        "--quorum",
        "2/2",
        "--practice",
        "--verify-from",
        "-",
        "--json",
      ];
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
      const closed = once(child, "close") as Promise<[number]>;
      let said = "";
      for await (const piece of child.stderr.setEncoding("utf8") as AsyncIterable<string>) {
        said += piece;
        const work = /^Print the cards in (.+)\. Each has/m.exec(said)?.[1];
        if (work === undefined || child.stdin.writableEnded) continue;
        const places = ["cards/card-1-of-2", "cards/card-2-of-2", "rewards/cards/card-1-of-2", "rewards/cards/card-2-of-2"];
        child.stdin.end(type(await Promise.all(places.map((place) => readFile(join(work, `${place}.txt`), "utf8")))));
      }
      return { folder, said, status: (await closed)[0] };
    };
    const whole = await hold((cards) => cards.join("\n"));
    expect(whole.status).toBe(0);
    const note = await readFile(join(whole.folder, "ceremony.note"), "utf8");
    expect(note).toMatch(
      /^o\/ceremony\/v1\ndate .+\npractice yes\nprogram [0-9a-f]{64}\n.*\nquorum 2\/2\nperson [0-9a-f]{64} .+ reviewer\n\n— o\/review /s,
    );
    const page = await readFile(join(whole.folder, "cards", "card-1-of-2.html"), "utf8");
    expect(page).toContain("<svg");
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);

    const short = await hold((cards) => cards.slice(1).join("\n"));
    expect(short.status).toBe(1);
    expect(short.said).toContain('"bad-share"');
    expect((await reviewer(["status", "--casebook", join(short.folder, "casebook"), "--json"])).err).toContain('"no-secure-place"');
  });
});
