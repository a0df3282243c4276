/**
 * The auditor on a log of ten years: the real command, in a process of its own, over a folder with every file that an audit looks at; and proofs in logs that grow
 * from a thousand entries to a quarter of a million.
 */
import { fork } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { addDays } from "../../src/protocol/format/date.ts";
import { formatLogProof } from "../../src/protocol/format/tlog-proof.ts";
import { leafHash, verifyInclusion } from "../../src/protocol/tlog/merkle.ts";
import { inclusionProof, treeHash } from "../../src/protocol/tlog/tree.ts";
import { FIRST_DAY, LogStory } from "../auditor/log-story.ts";
import { MemoryLog, signerOf } from "../support/memory-log.ts";
import { processorSeconds, type Result } from "./target.ts";

const DAYS = 3_650;
/** A courier comes once a week; what he brings is acknowledged the day after, and purged when its three days are over. */
const WEEK = 7;
const MOST_SECONDS = 10;
const MOST_MEBIBYTES = 300;
const SIZES = [10, 12, 14, 16, 18].map((power) => 2 ** power);
const PROOFS = 200;

interface Spent {
  readonly code: number;
  readonly seconds: number;
  readonly mebibytes: number;
}

/** Processor seconds and memory of `verify`, and the growth of proofs. */
export async function benchAudit(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-bench-audit-"));
  try {
    const entries = await writeTenYears(folder);
    const words = ["verify", join(folder, "log"), "--policy", join(folder, "policy.txt"), "--today", addDays(FIRST_DAY, DAYS - 1)];
    const spent = await audit(words);
    if (spent.code !== 0) throw new Error("the log of ten years is not clean");
    const what = `verify ${String(DAYS)} batches, ${String(entries)} entries`;
    return [
      {
        name: `${what}: processor time`,
        value: spent.seconds,
        unit: "CPU-s",
        baseline: { name: "the target", value: MOST_SECONDS },
        target: { ratio: 1, aim: "at-most" },
      },
      {
        name: `${what}: memory at most`,
        value: spent.mebibytes,
        unit: "MiB",
        baseline: { name: "the target", value: MOST_MEBIBYTES },
        target: { ratio: 1, aim: "at-most" },
      },
      ...(await benchProofs()),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTenYears(folder: string): Promise<number> {
  const story = await LogStory.begin();
  for (let day = 0; day < DAYS; day++) {
    const date = addDays(FIRST_DAY, day);
    story.seal(date);
    const batch = day + 1;
    if (batch % WEEK === 0) story.export(date);
    const weekBefore = batch - (batch % WEEK);
    if (batch % WEEK === 1) for (let one = weekBefore - WEEK + 1; one <= weekBefore; one++) if (one > 0) await story.acknowledge(one, date);
    if (batch % WEEK === 4) for (let one = weekBefore - WEEK + 1; one <= weekBefore; one++) if (one > 0) story.purge(one, date);
  }
  const log = await story.write();
  for (const [path, bytes] of log.files) {
    await mkdir(dirname(join(folder, "log", path)), { recursive: true });
    await writeFile(join(folder, "log", path), bytes);
  }
  await writeFile(join(folder, "policy.txt"), story.policy());
  return log.size;
}

function audit(words: readonly string[]): Promise<Spent> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("audit-child.ts", import.meta.url), words, { execArgv: [] });
    child.once("message", (spent) => {
      resolve(spent as Spent);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code !== 0) reject(new Error("the auditor ended"));
    });
  });
}

/** Length of proofs, and the time to make and check one, in logs of growing size. */
async function benchProofs(): Promise<Result[]> {
  const log = new MemoryLog(await signerOf("log.example"));
  const lengths: Point[] = [];
  const times: Point[] = [];
  let octets = 0;
  for (const size of SIZES) {
    await log.append(Array.from({ length: size - log.size }, (_, n) => entry(log.size + n)));
    const root = await treeHash(size, log);
    let longest: readonly Bytes[] = [];
    const seconds = await processorSeconds(async () => {
      for (let n = 0; n < PROOFS; n++) {
        const index = Math.floor((n * size) / PROOFS);
        const proof = await inclusionProof(index, size, log);
        verifyInclusion(leafHash(entry(index)), index, size, proof, root);
        if (proof.length > longest.length) longest = proof;
      }
    });
    times.push({ size, value: (seconds * 1000) / PROOFS });
    lengths.push({ size, value: longest.length });
    octets = formatLogProof({ extra: entry(0), index: 0, hashes: longest, note: log.files.get("checkpoint") ?? new Uint8Array() }).length;
  }
  const [few, many] = [lengths.at(0), lengths.at(-1)];
  if (few === undefined || many === undefined) throw new Error("there are some sizes");
  return [
    {
      name: `hashes of the longest proof among ${String(many.size)} entries (${String(octets)} octets)`,
      value: many.value,
      unit: "hashes",
      baseline: { name: "binary logarithm of the entries", value: Math.log2(many.size) },
      target: { ratio: 1, aim: "at-most" },
      growth: { title: "hashes of the longest proof", of: "entries in the log", unit: "hashes", points: lengths },
    },
    {
      name: `make and check a proof among ${String(many.size)} entries`,
      value: times.at(-1)?.value ?? Number.NaN,
      unit: "CPU-ms",
      baseline: { name: `the same among ${String(few.size)}`, value: times[0]?.value ?? Number.NaN },
      target: { ratio: 4, aim: "at-most" },
      growth: { title: "make and check a proof", of: "entries in the log", unit: "CPU-ms", points: times },
    },
  ];
}

interface Point {
  readonly size: number;
  readonly value: number;
}

function entry(n: number): Bytes {
  return utf8(`entry ${String(n)}`);
}
