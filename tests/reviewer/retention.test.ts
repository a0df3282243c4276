/** Two people change how long the server keeps tips, with the real command, each with a card of their own. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { parseVkey } from "../../src/protocol/crypto/note.ts";
import { type DecidedPolicy, openRetentionNote } from "../../src/protocol/crypto/retention-note.ts";
import { OVERRIDE } from "../../src/reviewer/isolation.ts";
import { type Ended, newFolder, newReviewMachine, reviewer, type ReviewMachine } from "../support/review-machine.ts";

const ORIGIN = "tips.test/log";

let machine: ReviewMachine;
let work: string;
let current: string;
let first: DecidedPolicy;

beforeAll(async () => {
  machine = await newReviewMachine(ORIGIN, "--keep-days", "30");
  work = await newFolder();
  current = join(machine.folder, "public", "retention.note");
  first = await open(await machine.publicFile("retention.note"), null);
});

const card = (number: number): string => join(machine.folder, "retention", `card-${String(number)}-of-3.txt`);
const retention = (...words: string[]): Promise<Ended> => reviewer(["retention", ...words, `--${OVERRIDE}`]);

async function open(bytes: Bytes, before: DecidedPolicy | null = first): Promise<DecidedPolicy> {
  const review = parseVkey(
    Buffer.from(await machine.publicFile("review.vkey"))
      .toString("utf8")
      .trimEnd(),
  );
  return openRetentionNote(bytes, { origin: ORIGIN, review, before });
}

const read = async (path: string): Promise<Bytes> => new Uint8Array(await readFile(path));

async function refused(words: string[], code: string, status = 1): Promise<void> {
  const ended = await retention(...words, "--json");
  expect(ended.status).toBe(status);
  expect(JSON.parse(ended.err.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ error: code });
}

describe("the retention policy", () => {
  it("begins with the ceremony, which makes a card for each of three people and names nobody", async () => {
    expect(first).toMatchObject({ number: 1, policy: { daysAfterAcknowledgement: 30, daysAtMost: 180 } });
    expect(first.signers).toHaveLength(3);
    expect(await readdir(join(machine.folder, "retention"))).toEqual(["card-1-of-3.txt", "card-2-of-3.txt", "card-3-of-3.txt"]);
    expect(await readFile(current, "utf8")).not.toContain("reviewer");
  });

  it("is changed by one person and then another, each of whom sees what they sign", async () => {
    const file = join(work, "change.note");
    const begun = await retention("change", file, "--current", current, "--keep-days", "7", "--from", "2026-12-01", "--shares", card(1));
    expect(begun).toMatchObject({ status: 0 });
    expect(begun.out).toContain("7 days after a batch was acknowledged, 180 days after its own day at most");
    expect(begun.out).toContain("One more person must sign it");
    await expect(open(await read(file))).rejects.toMatchObject({ code: "policy-not-signed" });

    await refused(["sign", file, "--current", current, "--shares", card(1)], "nothing-to-do");
    await refused(["sign", file, "--current", current, "--shares", card(1), "--shares", card(2)], "bad-share");
    const signed = await retention("sign", file, "--current", current, "--shares", card(3));
    expect(signed).toMatchObject({ status: 0 });
    expect(signed.out).not.toContain("One more person");
    expect(await open(await read(file))).toMatchObject({
      number: 2,
      from: "2026-12-01",
      policy: { daysAfterAcknowledgement: 7, daysAtMost: 180 },
    });
    const shown = await retention("show", file, "--json");
    expect(JSON.parse(shown.out)).toMatchObject({ number: 2, signatures: 2 });
  });

  it("is not touched by other cards, nor by a change that does not follow", async () => {
    const casebookCard = join(machine.folder, "cards", "card-1-of-1.txt");
    const file = join(work, "strange.note");
    await refused(["change", file, "--current", current, "--keep-days", "0", "--shares", casebookCard], "unknown-signer");
    await expect(readFile(file)).rejects.toThrow("ENOENT");
    const second = join(work, "change.note");
    await refused(["sign", second, "--current", second, "--shares", card(2)], "bad-policy");
    await refused(["change", second, "--current", current, "--keep-days", "0", "--shares", card(1)], "already-there");
    await refused(["change", file, "--current", current, "--shares", card(1)], "usage", 2);
    await refused(["change", file, "--current", current, "--unacknowledged", "burn", "--shares", card(1)], "usage", 2);
    await refused(["change", file, "--keep-days", "0", "--shares", card(1)], "usage", 2);
    await refused(["burn", file], "usage", 2);
  });

  it("may be put into other hands: a lost card is left out, a new one made", async () => {
    const lost = join(work, "card-4.txt");
    const made = await retention("card", lost, "--origin", ORIGIN, "--number", "4", "--json");
    const { vkey } = JSON.parse(made.out) as { vkey: string };
    const second = await open(await read(join(work, "change.note")));
    const kept = second.signers.filter((signer) => !signer.includes("/retention/2+"));
    const keys = join(work, "people");
    await writeFile(keys, [...kept, vkey, ""].join("\n"));
    const file = join(work, "people.note");
    const words = ["--current", join(work, "change.note"), "--signers", keys];
    expect(await retention("change", file, ...words, "--shares", card(3))).toMatchObject({ status: 0 });
    expect(await retention("sign", file, ...words.slice(0, 2), "--shares", card(1))).toMatchObject({ status: 0 });
    const third = await open(await read(file), second);
    expect(third.policy).toEqual(second.policy);
    expect(third.signers).toEqual([...kept, vkey].sort());
    await writeFile(keys, `${vkey}\n`);
    await refused(["change", join(work, "one.note"), ...words, "--shares", card(3)], "bad-policy");
  });
});
