/** The command itself: what it understands, what it says, how it ends. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { epochAt, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { parseVkey } from "../../src/protocol/crypto/note.ts";
import { parseNote } from "../../src/protocol/format/note.ts";
import { parseRetentionNote } from "../../src/protocol/format/retention-note.ts";
import { listingOf, newFolder, reviewer } from "../support/review-machine.ts";

const MAIN = fileURLToPath(new URL("../../src/reviewer/main.ts", import.meta.url));

/** Code of the last line of the error output, which with `--json` is an object. */
function codeOf(err: string): string {
  return (JSON.parse(err.trim().split("\n").at(-1) ?? "") as { error: string }).error;
}

describe("firsthand-reviewer", () => {
  it("explains every command with --help and exits 0", async () => {
    const { status, out } = await reviewer(["--help"]);
    expect(status).toBe(0);
    for (const word of ["ceremony", "import", "list", "show", "extract", "reply", "outbox", "status", "verify", "--again", "--log-key"])
      expect(out).toContain(word);
    expect((await reviewer(["import", "--help"])).out).toBe(out);
  });

  it.each<[string, string[]]>([
    ["nothing", []],
    ["an unknown command", ["delete"]],
    ["a name of the prototype", ["constructor"]],
    ["an unknown option", ["list", "--force"]],
    ["an option without its value", ["list", "--casebook"]],
    ["a missing word", ["show"]],
    ["a word too many", ["list", "all"]],
    ["an option of another command", ["list", "--again"]],
    ["a ceremony without an origin", ["ceremony", "x"]],
    ["an origin that cannot name a log", ["ceremony", "x", "--origin", "two words"]],
    ["a quorum of none", ["ceremony", "x", "--origin", "o", "--quorum", "0/1"]],
    ["a quorum of more than all", ["ceremony", "x", "--origin", "o", "--quorum", "3/2"]],
    ["no epochs", ["ceremony", "x", "--origin", "o", "--epochs", "0"]],
    ["a day that is none", ["ceremony", "x", "--origin", "o", "--start", "2026-02-30"]],
    ["the same person twice", ["ceremony", "x", "--origin", "o", "--person", "A", "--person", "A"]],
  ])("exits 2 with a plain message on %s", async (_what, args) => {
    const { status, out, err } = await reviewer(args);
    expect(status).toBe(2);
    expect(args.length === 0 ? out : err).toMatch(args.length === 0 ? /ceremony DIR/ : /was not understood/);
    expect(err).not.toContain("    at ");
  });

  it("refuses an older Node before anything else", async () => {
    const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.18.0'})";
    const child = spawn(process.execPath, ["--import", older, MAIN, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close") as Promise<[number]>]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toBe("firsthand-reviewer needs Node 24 or later. This is Node 22.18.0.\n");
  });

  it("exits 1 where there is no casebook", async () => {
    const folder = await newFolder();
    for (const command of [["list"], ["outbox", join(folder, "x")]]) {
      const { status, err } = await reviewer([...command, "--casebook", folder, "--json"]);
      expect({ status, code: codeOf(err) }).toEqual({ status: 1, code: "no-secure-place" });
    }
    expect(await listingOf(folder)).toEqual([]);
  });
});

describe("a ceremony of two of three", () => {
  let folder: string;
  const card = (number: number): string => join(folder, "cards", `card-${String(number)}-of-3.txt`);
  const status = (...cards: number[]) =>
    reviewer(["status", "--json", "--casebook", join(folder, "casebook"), ...cards.flatMap((number) => ["--shares", card(number)])]);

  beforeAll(async () => {
    folder = join(await newFolder(), "made here", "ceremony");
    const options = ["--epochs", "3", "--quorum", "2/3", "--start", "2026-06-01", "--keep-days", "0", "--demo"];
    const made = await reviewer(["ceremony", folder, "--origin", "tips.test/log", "--person", "Ana", "--person", "Bo", ...options]);
    expect(made.err).not.toContain("firsthand-reviewer:");
    expect(made.status).toBe(0);
    expect(made.out).toContain("DEMO");
  });

  it("makes what the server needs, and every file is for its owner alone", async () => {
    const read = async (name: string) => new Uint8Array(await readFile(join(folder, "public", name)));
    const program = await openCertificate(await read("program.pgp"));
    expect(program.purpose).toBe("program");
    expect(program.epochs).toHaveLength(3);
    expect(epochAt(program, Date.parse("2026-06-10") / 1000)).toBe(program.epochs[1]);
    expect((await openCertificate(await read("rewards.pgp"))).purpose).toBe("rewards");
    expect(parseVkey((await readFile(join(folder, "public", "review.vkey"), "utf8")).trimEnd()).name).toBe("tips.test/log/review");
    expect(parseRetentionNote(parseNote(await read("retention.note")).text).policy.daysAfterAcknowledgement).toBe(0);
    expect(await readFile(join(folder, "public", "origin"), "utf8")).toBe("tips.test/log\n");
    const listing = await listingOf(folder);
    expect(listing.filter((line) => line.startsWith("public/DEMO "))).toHaveLength(1);
    const open = listing.filter((line) => !/ (?:40700|100600) /.test(line)).map((line) => line.split(" ")[0]);
    expect(open.filter((name) => name !== "casebook/writer.lock")).toEqual([]);
  });

  it("opens with any two cards, from files or typed", async () => {
    for (const cards of [
      [1, 2],
      [3, 1],
      [1, 2, 3],
    ]) {
      expect((await status(...cards)).status).toBe(0);
    }
    const typed = (await readFile(card(2), "utf8")) + (await readFile(card(3), "utf8"));
    const { status: exit, out } = await reviewer(["status", "--casebook", join(folder, "casebook")], typed);
    expect({ exit, line: out.split("\n")[0] }).toEqual({ exit: 0, line: "Casebook of tips.test/log (DEMO keys: protects nothing)" });
  });

  it.each<[string, number[], string]>([
    ["one card", [1], "not-enough-shares"],
    ["one card twice", [2, 2], "not-enough-shares"],
  ])("does not open with %s", async (_what, cards, code) => {
    const { status: exit, err } = await status(...cards);
    expect({ exit, code: codeOf(err) }).toEqual({ exit: 1, code });
  });

  it("does not open with the reward officer's cards, nor with nothing", async () => {
    const rewards = [1, 2].flatMap((number) => ["--shares", join(folder, "rewards", "cards", `card-${String(number)}-of-3.txt`)]);
    const { err } = await reviewer(["status", "--json", "--casebook", join(folder, "casebook"), ...rewards]);
    expect(codeOf(err)).toBe("cannot-unlock");
    expect(codeOf((await reviewer(["status", "--json", "--casebook", join(folder, "casebook")])).err)).toBe("bad-share");
  });

  it("is never held over anything that is there", async () => {
    const before = await listingOf(folder);
    const again = await reviewer(["ceremony", folder, "--origin", "tips.test/log", "--epochs", "1", "--demo", "--json"]);
    expect({ status: again.status, code: codeOf(again.err) }).toEqual({ status: 1, code: "already-there" });
    expect(await listingOf(folder)).toEqual(before);

    const other = join(await newFolder(), "file");
    await writeFile(other, "mine");
    expect(codeOf((await reviewer(["ceremony", other, "--origin", "o", "--epochs", "1", "--demo", "--json"])).err)).toBe("already-there");
    expect(await readFile(other, "utf8")).toBe("mine");
  });

  it("may be held in an empty folder, and leaves nothing beside it", async () => {
    const parent = await newFolder();
    await mkdir(join(parent, "empty"));
    expect((await reviewer(["ceremony", join(parent, "empty"), "--origin", "o", "--epochs", "1", "--demo"])).status).toBe(0);
    expect((await listingOf(parent)).filter((line) => !line.startsWith("empty"))).toEqual([]);
  });

  it("makes a casebook that knows who may act, and asks who does", async () => {
    const usual = ["--casebook", join(folder, "casebook"), "--shares", card(1), "--shares", card(2), "--json"];
    const nobody = await reviewer(["outbox", join(folder, "out.tar"), ...usual]);
    expect({ status: nobody.status, code: codeOf(nobody.err) }).toEqual({ status: 2, code: "usage" });
    const ana = await reviewer(["outbox", join(folder, "out.tar"), "--person", "Ana", ...usual]);
    expect({ status: ana.status, code: codeOf(ana.err) }).toEqual({ status: 1, code: "nothing-to-do" });
  });

  it("says what the system said when a file cannot be read", async () => {
    const usual = ["--casebook", join(folder, "casebook"), "--shares", card(1), "--shares", card(2), "--person", "Bo"];
    const key = join(folder, "log.vkey");
    await writeFile(key, await readFile(join(folder, "public", "review.vkey")));
    const wrong = await reviewer(["import", join(folder, "nothing.tar"), "--log-key", key, ...usual, "--json"]);
    expect(codeOf(wrong.err)).toBe("wrong-origin");
    const missing = await reviewer(["import", "nothing.tar", "--log-key", join(folder, "no.vkey"), ...usual]);
    expect(missing.status).toBe(1);
    expect(missing.err).toContain("ENOENT");
  });

  it("is found whole by verify, and damaged when a file is changed", async () => {
    const usual = ["--casebook", join(folder, "casebook"), "--shares", card(1), "--shares", card(2)];
    expect((await reviewer(["verify", ...usual])).out).toMatch(/^The casebook is whole: 1 event, last link [0-9a-f]{64}\n$/);
    await writeFile(join(folder, "casebook", "events", "00000002.jwe"), "what is this");
    const { status: exit, err } = await reviewer(["verify", ...usual, "--json"]);
    expect({ exit, code: codeOf(err) }).toEqual({ exit: 1, code: "casebook-damaged" });
  });
});
