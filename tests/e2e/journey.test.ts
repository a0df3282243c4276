/**
 * The whole road by the real commands: a tip is sealed as the page seals it, taken in by a server with a database of its own, sealed into a batch, carried to the review
 * machine, read there to the last byte, answered, acknowledged, purged, and audited; the answer is read with the twelve words. Only the browser is missing.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { codenameToWords, deriveKeys, newCodename, wordsToCodename } from "../../src/protocol/crypto/codename.ts";
import { type Certificate, epochAt, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { openNote, parseVkey, type Vkey } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { openMailboxAnswer, type ReceivedReply } from "../../src/protocol/crypto/reply.ts";
import { type AttachmentSource, sealTip } from "../../src/protocol/crypto/tip.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { formatMailboxRequest, MAILBOX_ANSWER_LENGTH } from "../../src/protocol/format/mailbox.ts";
import { parseReceipt } from "../../src/protocol/format/receipt.ts";
import { type Answers, EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";
import { patternOf } from "../support/bytes.ts";
import { checkLog } from "../support/check-log.ts";
import { fileOf } from "../support/make-bundle.ts";
import { newFolder, newReviewMachine, type ReviewMachine } from "../support/review-machine.ts";
import { makeTestPage } from "../support/server.ts";
import { type RunningServer, serverCommand, startServer } from "../support/server-process.ts";

const ORIGIN = "tips.test/journey";
const NARRATIVE = "他们半夜把他带走了。\nئۇلار ئۇنى كېچىدە ئېلىپ كەتتى\nཁོང་ཚོས་ཁོང་མཚན་མོར་ཁྲིད་སོང་།\n\u202Ehidden\u200B";
const QUESTION = "고맙습니다. 그 문은 무슨 색이었습니까?\n他们是谁?";
const LARGE = 60_000_000;
const HOSTILE_NAME = "../../../root/.ssh/\u202Eyek_dezirohtua\n";
const AUDITOR = fileURLToPath(new URL("../../src/auditor/main.ts", import.meta.url));

let folder: string;
let machine: ReviewMachine;
let settings: Record<string, string>;
let server: RunningServer | undefined;
let logKey: Vkey;
let certificates: { program: Certificate; rewards: Certificate };
let checkpoint: Uint8Array | undefined;

beforeAll(async () => {
  folder = await newFolder();
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  machine = await newReviewMachine(ORIGIN, "--demo", "--keep-days", "0");
  await makeTestPage(join(folder, "page"));
  await mkdir(join(folder, "stick"));
  settings = {
    DATA_DIR: join(folder, "data"),
    KEYS_DIR: join(machine.folder, "public"),
    PAGE_DIR: join(folder, "page"),
    PORT: "0",
    MIN_FREE_MIB: "0",
    // Far from now, so that the timetable seals nothing in between.
    SEAL_AT: new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16),
  };
  server = await startServer(settings);
  logKey = parseVkey((await command("keys")).log as string);
  certificates = {
    program: await openCertificate(await machine.publicFile("program.pgp")),
    rewards: await openCertificate(await machine.publicFile("rewards.pgp")),
  };
});

afterAll(async () => {
  await server?.stop();
});

/** An address below the server's. */
function at(path: string): string {
  if (server === undefined) throw new Error("the server does not run");
  return `${server.address}${path}`;
}

/** A command of the server that must succeed; its JSON. */
async function command(...args: string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await serverCommand([...args, "--json"], settings);
  if (status !== 0) throw new Error(`firsthand ${args.join(" ")}: ${err}`);
  return JSON.parse(out) as Record<string, unknown>;
}

/** Seals and uploads a tip as the page does. Returns its commitment and what the receipt says. */
async function send(
  answers: Partial<Answers>,
  attachments: readonly AttachmentSource[],
  bits: Bytes,
  sequence: number,
): Promise<{ commitment: string; batch: number }> {
  const now = Math.floor(Date.now() / 1000);
  const { thread, mailbox, reply } = await deriveKeys(bits);
  const to = { program: epochAt(certificates.program, now), rewards: epochAt(certificates.rewards, now) };
  const content = {
    answers: { ...EMPTY_ANSWERS, narrative: "…", ...answers },
    attachments,
    thread,
    sequence,
    reply: { mailbox, key: reply },
    claim: null,
  };
  const sealed = await sealTip(content, to);
  const id = toHex(randomBytes(16));
  let part = 0;
  for await (const body of sealed.parts) {
    const put = await fetch(at(`/tips/${id}/parts/${String(++part)}`), {
      method: "PUT",
      body,
      headers: { "content-type": "application/octet-stream" },
    });
    expect(put.status).toBe(204);
  }
  const { commitment, digest } = sealed.finish();
  const post = await fetch(at(`/tips/${id}`), {
    method: "POST",
    body: formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: part }),
    headers: { "content-type": "application/json" },
  });
  expect(post.status).toBe(200);
  const { receipt } = (await post.json()) as { receipt: string };
  const said = parseReceipt((await openNote(utf8(receipt), [logKey])).text);
  expect({ origin: said.origin, commitment: toHex(said.commitment) }).toEqual({ origin: ORIGIN, commitment: toHex(commitment) });
  return { commitment: toHex(commitment), batch: said.batch };
}

/** The log as the server shows it, re-verified by the oracle from beginning to end. */
async function checkedLeaves(): Promise<Record<string, string>[]> {
  const readLogFile = async (path: string): Promise<Uint8Array | null> => {
    const answer = await fetch(at(`/log/${path}`));
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  };
  const checked = await checkLog(readLogFile, logKey.text, checkpoint);
  ({ checkpoint } = checked);
  return checked.leaves.map((leaf) => JSON.parse(leaf) as Record<string, string>);
}

/** What a witness finds who comes back with the twelve words; the replies in `read` are deleted. */
async function comeBack(words: readonly string[], read: readonly Bytes[] = []): Promise<ReceivedReply[]> {
  const { mailbox, reply } = await deriveKeys(await wordsToCodename(words, "korean"));
  const answer = await fetch(at("/mailbox"), {
    method: "POST",
    body: formatMailboxRequest({ mailbox, read }),
    headers: { "content-type": "application/json" },
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect({ status: answer.status, length: bytes.length }).toEqual({ status: 200, length: MAILBOX_ANSWER_LENGTH });
  return openMailboxAnswer(bytes, reply);
}

async function audit(): Promise<{ status: number | null; out: string }> {
  const policy = join(folder, "policy.txt");
  await writeFile(policy, (await serverCommand(["keys", "--policy"], settings)).out);
  const child = spawn(process.execPath, [AUDITOR, "verify", at(""), "--policy", policy, "--state", join(folder, "audits")], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [out, [status]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
  return { status, out };
}

describe("the whole road", () => {
  const words = newCodename();
  const attachments = [
    fileOf("empty", "", new Uint8Array(0)),
    fileOf("ward.mp4", "video/mp4", patternOf(LARGE, 11)),
    fileOf(HOSTILE_NAME, "text/html\u202E", patternOf(1_234_567, 5)),
    fileOf("照片.jpg", "image/jpeg", patternOf(70_000, 9)),
  ];
  let first: { commitment: string; batch: number };
  let tips: { id: string; sequence: number; attachments: number }[];
  let stick: string;

  it("takes in tips of any script and size over HTTP and gives a receipt for each", async () => {
    first = await send({ narrative: NARRATIVE, basis: "saw_or_did", where: "CN-XJ", when: "2016~", language: "ug" }, attachments, words, 0);
    expect(first.batch).toBe(1);
    await send({ narrative: "One more thing." }, [], words, 1);
    await send({ narrative: "나는 보았다" }, [], newCodename(), 0);
  });

  it("seals them into a batch that tells nothing, in a log that an independent checker accepts", async () => {
    expect(await command("seal")).toMatchObject({ sealed: [{ batch: 1, size: 64 }] });
    const leaves = await checkedLeaves();
    const received = leaves.filter(({ kind }) => kind === "received");
    expect(received).toHaveLength(64);
    expect(received.some(({ c }) => c === first.commitment)).toBe(true);
  });

  it("carries a bundle to the review machine, which drops the decoys and believes nothing else", async () => {
    stick = (await command("export", join(folder, "stick"))).path as string;
    const keys = join(folder, "keys.txt");
    await writeFile(keys, (await serverCommand(["keys"], settings)).out);
    const imported = await machine.result("import", stick, "--log-key", keys);
    expect(imported).toMatchObject({
      bundle: 1,
      batches: [{ batch: 1, size: 64, tips: 3, decoys: 61, unreadable: 0, not_included: 0 }],
      warnings: [],
    });
    ({ tips } = (await machine.result("list")) as { tips: typeof tips });
    expect(tips).toHaveLength(3);
    await checkedLeaves();
  });

  it("shows the tip as it was written, and who wrote again", async () => {
    const tip = tips.find(({ attachments: count }) => count === 4);
    const shown = await machine.result("show", tip?.id ?? "");
    expect(shown).toMatchObject({ commitment: first.commitment, reply: true, answers: { narrative: NARRATIVE, where: "CN-XJ" } });
    expect((shown.attachments as { name: string }[]).map(({ name }) => name)).toEqual(attachments.map(({ name }) => name));
    expect(shown.same_witness).toEqual([{ id: tips.find(({ sequence }) => sequence === 1)?.id, sequence: 1 }]);
    const { out } = await machine.run("show", tip?.id ?? "");
    expect(out).toContain("<U+202E>hidden<U+200B>");
    expect(out).not.toMatch(/[\u202E\u200B]/);
  });

  it("extracts the files byte for byte", async () => {
    const place = join(folder, "extracted");
    await machine.result("extract", tips.find(({ attachments: count }) => count === 4)?.id ?? "", place);
    expect((await readFile(join(place, "0001"))).length).toBe(0);
    expect(Buffer.compare(await readFile(join(place, "0002.mp4")), patternOf(LARGE, 11))).toBe(0);
    expect(Buffer.compare(await readFile(join(place, "0003")), patternOf(1_234_567, 5))).toBe(0);
    expect(Buffer.compare(await readFile(join(place, "0004.jpg")), patternOf(70_000, 9))).toBe(0);
  });

  it("answers, and the answer waits for the next stick", async () => {
    const question = join(folder, "question.txt");
    await writeFile(question, `${QUESTION}\n`);
    const id = tips.find(({ attachments: count }) => count === 4)?.id ?? "";
    expect(await machine.result("reply", id, "--text", question, "--challenge")).toMatchObject({ tip: id });
    expect(await comeBack(await codenameToWords(words, "korean"))).toEqual([]);
  });

  it("acknowledges, and the server logs what the review machine signed", async () => {
    const outbox = join(folder, "stick", "outbox.tar");
    expect(await machine.result("outbox", outbox)).toMatchObject({ acknowledged: [1], replies: 1 });
    expect(await command("import", outbox)).toMatchObject({ bundle: 1, acknowledged: [1], late: [], replies: 1 });
    expect((await checkedLeaves()).filter(({ kind }) => kind === "acknowledged")).toHaveLength(1);
    const again = await serverCommand(["import", outbox, "--json"], settings);
    expect({ status: again.status, replayed: again.err.includes("bundle-replayed") }).toEqual({ status: 1, replayed: true });
  });

  it("has an answer for whoever comes back with the twelve words, and for nobody else, until it is deleted", async () => {
    const back = await codenameToWords(words, "korean");
    const [received, ...others] = await comeBack(back);
    expect(others).toEqual([]);
    expect(received?.reply).toMatchObject({ text: QUESTION });
    expect(received?.reply.challenge).toMatchObject({ program: ORIGIN, purpose: "claim" });
    expect(await comeBack(await codenameToWords(newCodename(), "korean"))).toEqual([]);
    expect(await comeBack(back)).toHaveLength(1);
    expect(await comeBack(back, [received?.hash ?? new Uint8Array(32)])).toEqual([]);
    expect(await comeBack(back)).toEqual([]);
  });

  it("purges what is due, and cannot give it away again", async () => {
    expect(await command("purge")).toMatchObject({ purged: [{ batch: 1 }] });
    const purged = (await checkedLeaves()).filter(({ kind }) => kind === "purged");
    expect(purged).toHaveLength(1);
    const again = await serverCommand(["export", folder, "--again", "1", "--json"], settings);
    expect({ status: again.status, gone: again.err.includes("key-destroyed") }).toEqual({ status: 1, gone: true });
  });

  it("goes on: the next batch is decoys only, and the casebook takes its bundle", async () => {
    await command("seal");
    stick = (await command("export", join(folder, "stick"))).path as string;
    expect(await machine.result("import", stick)).toMatchObject({
      bundle: 2,
      batches: [{ batch: 2, size: 64, tips: 0, decoys: 64 }],
      warnings: [],
    });
    expect(await machine.result("verify")).toMatchObject({ damages: [] });
    const outbox = join(folder, "stick", "outbox-2.tar");
    await machine.result("outbox", outbox);
    expect(await command("import", outbox)).toMatchObject({ bundle: 2, acknowledged: [2] });
    await command("purge");
  });

  it("is clean in the eyes of an auditor", async () => {
    const { status, out } = await audit();
    expect({ status, out }).toMatchObject({ status: 0 });
    expect((await audit()).status).toBe(0);
  });

  it("stops when it is asked to", async () => {
    expect(await server?.stop()).toBe(0);
  });
});
