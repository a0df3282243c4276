/**
 * What unlocking waits for: the state of a casebook with five events for each tip, from its packs. The files of packed events are made empty, but for the one that anchors the packs: nothing else of them is
 * read, only that they are there. The search fills itself afterwards, while the window is open already; what that takes, area `search` says.
 */
import { fork } from "node:child_process";
import { hash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { closeBox } from "../../src/reviewer/casebook/box.ts";
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import { type Act, formatSignedEvent, linkOf } from "../../src/reviewer/casebook/event.ts";
import { PACK_SIZE, writePack } from "../../src/reviewer/casebook/packs.ts";
import { entryOf, importOf, tipNamed } from "../support/casebook-story.ts";
import { processorSeconds, type Result } from "./target.ts";

/** Tips of a casebook, and of one with `large`. */
const TIPS = { usual: 10_000, large: 100_000 } as const;
/** Tips of one bundle. */
const TOGETHER = 1000;

/** Opening a casebook of 10,000 tips, with `large` of 100,000: seconds of a processor and of a clock, and memory. */
export async function benchOpening(large: boolean): Promise<Result[]> {
  const tips = large ? TIPS.large : TIPS.usual;
  const folder = await mkdtemp(join(tmpdir(), "opening-"));
  try {
    const key = randomBytes(32);
    const { lines, events } = await makeCasebook(join(folder, "casebook"), key, tips);
    const baseline = await processorSeconds(() => {
      for (const line of lines) {
        hash("sha256", line, "hex");
        JSON.parse((JSON.parse(Buffer.from(line).toString()) as { event: string }).event);
      }
    });
    const spent = await openInChild(join(folder, "casebook"), key);
    if (spent.events !== events) throw new Error("not the casebook that was made");
    const what = `opening a casebook of ${String(tips)} tips and ${String(events)} events`;
    return [
      {
        name: `${what} (${String(Math.round(spent.mebibytes))} MiB, ${spent.wall.toFixed(1)} s on the clock)`,
        value: spent.seconds,
        unit: "CPU-s",
        baseline: { name: "hashing the same events and parsing them as JSON", value: baseline },
        target: { ratio: 10, aim: "at-most" },
      },
      {
        name: what,
        value: spent.wall,
        unit: "s",
        baseline: { name: "what is asked for with 100,000 tips", value: 30 },
        target: { ratio: 1, aim: "at-most" },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A casebook whose tips have five events each, all in packs but the last few. */
async function makeCasebook(folder: string, key: Bytes, tips: number): Promise<{ lines: Bytes[]; events: number }> {
  await mkdir(folder);
  const hashes = "0".repeat(64);
  const opening = { origin: "tips.test/log", program: hashes, rewards: hashes, review: "review", grace_days: 8, demo: true };
  const roles = ["importer", "lead", "reviewer", "translator"] as const;
  const casebook = await Casebook.create(
    folder,
    { casebook: key, wrapping: [] },
    [{ name: "Ana", roles, secret: null }],
    opening,
    new Date(),
  );
  const person = await casebook.person();
  const [first] = casebook.events;
  if (first === undefined) throw new Error("a casebook begins with its opening");
  const unsigned = { publicKey: person.signing.publicKey, sign: () => Promise.resolve(new Uint8Array(64)) };
  const { link, ...unlinked } = first;
  const opened = await formatSignedEvent(unlinked, person.signing);
  if (linkOf(opened) !== link) throw new Error("signatures are deterministic");
  const lines: Bytes[] = [opened];
  let previous = linkOf(opened);
  const total = 1 + tips / TOGETHER + 5 * tips;
  const anchor = total - (total % PACK_SIZE);
  for (const act of actsFor(tips)) {
    const sequence = lines.length + 1;
    const isRead = sequence >= anchor;
    const event = { sequence, previous, person: person.key, at: "2026-06-01T12:00:00Z", act };
    const line = await formatSignedEvent(event, isRead ? person.signing : unsigned);
    await writeFile(
      join(folder, "events", `${String(sequence).padStart(8, "0")}.jwe`),
      isRead ? await closeBox(line, key, "firsthand-event") : "",
    );
    previous = linkOf(line);
    lines.push(line);
    if (lines.length % PACK_SIZE === 0) await writePack(folder, key, lines.length - PACK_SIZE + 1, lines.slice(-PACK_SIZE));
  }
  return { lines, events: lines.length };
}

function* actsFor(tips: number): Generator<Act> {
  for (let start = 0; start < tips; start += TOGETHER) {
    yield importOf(
      Array.from({ length: TOGETHER }, (_, index) => entryOf(start + index)),
      1 + start / TOGETHER,
    );
  }
  for (let number = 0; number < tips; number++) {
    const tip = tipNamed(number);
    yield { kind: "declared", tip, ties: [] };
    yield { kind: "tip-opened", tip };
    yield { kind: "tagged", tip, set: "organs", code: "kidney" };
    yield { kind: "graded", tip, source: "F", information: 6, reasons: [], note: null };
    yield { kind: "moved", tip, to: "triaged", reason: null, duplicate_of: null };
  }
}

interface Spent {
  readonly events: number;
  readonly seconds: number;
  readonly wall: number;
  readonly mebibytes: number;
}

function openInChild(folder: string, key: Bytes): Promise<Spent> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("opening-child.ts", import.meta.url), [folder, toHex(key)], { execArgv: [] });
    child.once("message", (spent) => {
      resolve(spent as Spent);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code !== 0) reject(new Error("opening failed"));
    });
  });
}
