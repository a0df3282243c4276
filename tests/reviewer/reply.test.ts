/** Answering witnesses by the real command, and their follow-ups. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { readBundle } from "../../src/protocol/crypto/bundle.ts";
import type { EpochKey } from "../../src/protocol/crypto/certificate.ts";
import { challengeDigest } from "../../src/protocol/crypto/claim.ts";
import { parseVkey } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { mailboxHash, openReply } from "../../src/protocol/crypto/reply.ts";
import { fromUtf8, toHex } from "../../src/protocol/encoding.ts";
import { parseDate } from "../../src/protocol/format/date.ts";
import { NO_PREVIOUS } from "../../src/protocol/format/manifest.ts";
import { replyPath } from "../../src/protocol/format/reply.ts";
import { streamOf } from "../support/bytes.ts";
import { decoysOf, epochsOf, SmallServer, tipOf } from "../support/make-bundle.ts";
import { signerOf } from "../support/memory-log.ts";
import { listingOf, newFolder, newReviewMachine, type ReviewMachine } from "../support/review-machine.ts";

const ORIGIN = "tips.test/log";
const QUESTION = "请问那扇门是什么颜色?\nئىشىك قايسى رەڭدە؟";

interface Listed {
  readonly id: string;
  readonly opening: string;
  readonly thread: string;
}

let machine: ReviewMachine;
let folder: string;
let to: { program: EpochKey; rewards: EpochKey };
let server: SmallServer;
let tips: Listed[];
const witness = { mailbox: randomBytes(32), key: randomBytes(32) };
const seed = randomBytes(32);

beforeAll(async () => {
  machine = await newReviewMachine(ORIGIN);
  folder = await newFolder();
  await writeFile(join(folder, "log.vkey"), `${(await signerOf(ORIGIN)).vkey.text}\n`);
  to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  server = await SmallServer.create(ORIGIN);
  const decoys = await decoysOf(to.program, 3);
  await server.seal([
    await tipOf(to, { narrative: "answer me" }, [], { seed, reply: witness }),
    await tipOf(to, { narrative: "leave me alone" }),
    ...decoys.slice(0, 1),
  ]);
  // Two of one day and one of a later one; another witness in between.
  await server.seal([
    await tipOf(to, { narrative: "third" }, [], { seed, sequence: parseDate("2026-08-03"), reply: witness }),
    await tipOf(to, { narrative: "second" }, [], { seed, sequence: parseDate("2026-08-01"), reply: witness }),
    await tipOf(to, { narrative: "somebody else" }),
    ...decoys.slice(1, 2),
  ]);
  await server.seal([await tipOf(to, { narrative: "fourth" }, [], { seed, sequence: parseDate("2026-08-02") }), ...decoys.slice(2)]);
  const stick = join(folder, "bundle.tar");
  await writeFile(stick, (await server.exportBundle()).bytes);
  await machine.result("import", stick, "--log-key", join(folder, "log.vkey"));
  ({ tips } = (await machine.result("list")) as { tips: Listed[] });
});

function idOf(opening: string): string {
  return tips.find((tip) => tip.opening === opening)?.id ?? "";
}

let texts = 0;
async function textFile(text: string | Uint8Array): Promise<string> {
  const path = join(folder, `text-${String(++texts)}.txt`);
  await writeFile(path, text);
  return path;
}

async function outboxFiles(path: string, sequence: number, previous: string): Promise<{ files: Map<string, Bytes>; manifestHash: string }> {
  const review = parseVkey(fromUtf8(await machine.publicFile("review.vkey")).trimEnd());
  const files = new Map<string, Bytes>();
  const expected = { origin: ORIGIN, to: "server", keys: [review], sequence, previous } as const;
  const { manifestHash } = await readBundle(streamOf(await readFile(path)), expected, async (name, _size, body) => {
    files.set(name, concat(...(await Array.fromAsync(body))));
  });
  return { files, manifestHash };
}

describe("follow-ups", () => {
  it("stand with what the same witness sent before, by batch and then by the day they name", async () => {
    const ours = tips.filter(({ thread }) => thread === tips.find(({ opening }) => opening === "answer me")?.thread);
    expect(ours.map(({ opening }) => opening)).toEqual(["answer me", "second", "third", "fourth"]);
    const at = tips.findIndex(({ opening }) => opening === "answer me");
    expect(tips.slice(at, at + 4)).toEqual(ours);

    const lines = (await machine.run("list")).out.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[at]).toMatch(/^[0-9a-f]{12} .*\| answer me$/);
    expect(lines[at + 1]).toMatch(/^ {2}[0-9a-f]{12} .* \[follow-up of 2026-08-01\] {2}\| second$/);
    expect(lines[at + 3]).toMatch(/^ {2}[0-9a-f]{12} .* \[follow-up of 2026-08-02\] {2}\| fourth$/);

    const shown = await machine.result("show", idOf("second"));
    expect((shown.same_witness as { id: string }[]).map(({ id }) => id)).toEqual(["answer me", "third", "fourth"].map(idOf));
    const { out } = await machine.run("show", idOf("second"));
    expect(out).toContain("follow-up of 2026-08-01\n");
    expect(out).toContain(`Same witness: ${idOf("answer me")}, first message\n`);
  });
});

describe("a reply", () => {
  it("is refused where none is wanted, without a text, with one that does not fit, and for no tip", async () => {
    const before = await listingOf(machine.casebook);
    const refused = async (id: string, text: string | Uint8Array): Promise<string> => {
      const { err } = await machine.run("reply", id, "--text", await textFile(text), "--json");
      return (JSON.parse(err.trim().split("\n").at(-1) ?? "") as { error: string }).error;
    };
    expect(await refused(idOf("leave me alone"), QUESTION)).toBe("no-reply-wanted");
    expect(await refused(idOf("fourth"), QUESTION)).toBe("no-reply-wanted");
    expect(await refused("ffff", QUESTION)).toBe("no-such-tip");
    expect(await refused(idOf("answer me"), "a".repeat(4300))).toBe("too-large");
    expect(await refused(idOf("answer me"), "门".repeat(1450))).toBe("too-large");
    expect(await refused(idOf("answer me"), " \n")).toBe("usage");
    expect(await refused(idOf("answer me"), Uint8Array.of(0xff))).toBe("not-utf8");
    expect((await machine.run("reply", idOf("answer me"))).status).toBe(2);
    expect((await machine.run("reply", idOf("answer me"), "--text", join(folder, "none"))).status).toBe(1);
    expect(await listingOf(machine.casebook)).toEqual(before);
    expect((await machine.run("show", idOf("leave me alone"))).out).toContain("Reply not wanted");
    expect((await machine.run("show", idOf("answer me"))).out).toContain("Reply wanted");
  });

  let previous: string;

  it("leaves with the next outbox, once, and that outbox can be made again", async () => {
    const { challenge } = await machine.result("reply", idOf("answer me"), "--text", await textFile(`${QUESTION}\r\n`), "--challenge");
    expect(challenge).toMatch(/^[0-9a-f]{64}$/);
    expect(await machine.result("reply", idOf("third"), "--text", await textFile("Thank you."))).toMatchObject({ challenge: null });
    expect(await machine.result("status")).toMatchObject({ replies_waiting: 2, to_acknowledge: [1, 2, 3] });
    expect((await machine.run("show", idOf("answer me"))).out).toContain("waits for the next outbox:\n  | 请问那扇门是什么颜色?\n");

    const out = join(folder, "outbox-1.tar");
    expect(await machine.result("outbox", out)).toMatchObject({ acknowledged: [1, 2, 3], replies: 2 });
    const { files, manifestHash } = await outboxFiles(out, 1, NO_PREVIOUS);
    previous = manifestHash;
    const mailbox = toHex(mailboxHash(witness.mailbox));
    expect([...files.keys()].slice(3)).toEqual([replyPath(mailbox, 1), replyPath(mailbox, 2)]);
    const opened = await Promise.all([...files.values()].slice(3).map((sealed) => openReply(sealed, witness.key)));
    expect(opened.map(({ text, challenge: asked, date }) => [text, asked && toHex(challengeDigest(asked, date))])).toEqual([
      [QUESTION, challenge],
      ["Thank you.", null],
    ]);

    expect((await machine.run("outbox", join(folder, "outbox-2.tar"), "--json")).err).toContain('"nothing-to-do"');
    await machine.result("outbox", join(folder, "outbox-again.tar"), "--again");
    expect(await readFile(join(folder, "outbox-again.tar"))).toEqual(await readFile(out));
    expect(await machine.result("show", idOf("answer me"))).toMatchObject({ replies: [{ text: QUESTION, challenge, outbox: 1 }] });
    expect(await machine.result("status")).toMatchObject({ replies_waiting: 0 });
  });

  it("may be all there is in an outbox, and belongs to that one also when another waits", async () => {
    await machine.result("reply", idOf("second"), "--text", await textFile("One more question."));
    const out = join(folder, "outbox-only-reply.tar");
    expect(await machine.result("outbox", out)).toMatchObject({ bundle: 2, acknowledged: [], replies: 1 });
    await machine.result("reply", idOf("second"), "--text", await textFile("And another."));
    const again = join(folder, "outbox-only-reply-again.tar");
    await machine.result("outbox", again, "--again");
    expect(await readFile(again)).toEqual(await readFile(out));
    const { files } = await outboxFiles(out, 2, previous);
    expect(files.size).toBe(1);
    expect(await machine.result("status")).toMatchObject({ replies_waiting: 1 });
    expect((await machine.run("show", idOf("second"))).out).toMatch(/left with outbox 2:\n {2}\| One more question\.\n\nReply of .* waits/);
    expect(await machine.result("verify")).toMatchObject({ damages: [] });
  });
});
