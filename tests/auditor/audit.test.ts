import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit, type AuditReport } from "../../src/auditor/audit.ts";
import { type FindingCode, FINDINGS } from "../../src/auditor/findings.ts";
import type { LogFiles } from "../../src/auditor/fetch.ts";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { cosignerFromSeed } from "../../src/protocol/crypto/note.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { Fault } from "../../src/protocol/errors.ts";
import { acknowledgementPath } from "../../src/protocol/format/acknowledgement.ts";
import { addDays, parseDate } from "../../src/protocol/format/date.ts";
import { destructionPath } from "../../src/protocol/format/destruction.ts";
import type { Leaf } from "../../src/protocol/format/leaf.ts";
import { parseLogPolicy } from "../../src/protocol/format/log-policy.ts";
import { formatNote, parseNote } from "../../src/protocol/format/note.ts";
import { policyPath } from "../../src/protocol/format/retention.ts";
import { checkLog } from "../support/check-log.ts";
import { type MemoryLog, signerOf } from "../support/memory-log.ts";
import { nextPolicyNote, policySigners } from "../support/retention-notes.ts";
import { commitmentsOf, FIRST_DAY, hashOf, LogStory, ORIGIN, TODAY, wholeStory } from "./log-story.ts";

function filesOf(log: MemoryLog): LogFiles {
  return { name: "memory", read: log.readFile };
}

interface Options {
  readonly today?: string;
  readonly cosignedWithin?: number;
  readonly state?: string | null;
  readonly policy?: Bytes;
}

async function auditLog(
  story: LogStory,
  log: MemoryLog,
  { today = TODAY, state = null, policy, cosignedWithin }: Options = {},
): Promise<AuditReport> {
  return audit({
    files: filesOf(log),
    policy: parseLogPolicy(policy ?? story.policy()),
    stateFolder: state,
    today,
    cosignedWithin: cosignedWithin ?? null,
    progress: () => undefined,
  });
}

async function codesOf(story: LogStory, options: Options = {}): Promise<FindingCode[]> {
  const { findings } = await auditLog(story, await story.write(), options);
  return findings.map(({ code }) => code);
}

/** Codes that some test here has seen: at the end it must be all of them. */
const seen = new Set<FindingCode>();

function note(codes: readonly FindingCode[]): void {
  for (const code of codes) seen.add(code);
}

/** The place of the first entry that fits. */
function place(story: LogStory, wanted: Partial<Record<string, string | number>>): number {
  const found = story.leaves.findIndex(
    (leaf) => !(leaf instanceof Uint8Array) && Object.entries(wanted).every(([key, value]) => Reflect.get(leaf, key) === value),
  );
  expect(found, JSON.stringify(wanted)).toBeGreaterThanOrEqual(0);
  return found;
}

/** Changes fields of the first entry that fits. */
function change(story: LogStory, wanted: Partial<Record<string, string | number>>, changes: Record<string, string | number>): void {
  const at = place(story, wanted);
  story.leaves[at] = Object.assign({}, story.leaves[at], changes);
}

function remove(story: LogStory, wanted: Partial<Record<string, string | number>>): void {
  story.leaves.splice(place(story, wanted), 1);
}

describe("a log of a well-behaved server", () => {
  test("is clean, and the independent checker agrees", async () => {
    const story = await wholeStory();
    const log = await story.write();
    const report = await auditLog(story, log);
    expect(report.findings).toEqual([]);
    expect(report.batches).toEqual({ sealed: 8, items: 512, acknowledged: 2, purged: 2 });
    expect((await checkLog(log.readFile, log.signer.vkey.text)).size).toBe(report.checkpoint?.size);
  });

  test("is clean on every day of its first week", async () => {
    const story = await LogStory.begin();
    for (let day = 0; day < 7; day++) {
      const date = addDays(FIRST_DAY, day);
      expect(await codesOf(story, { today: date }), `before the batch of ${date}`).toEqual([]);
      story.seal(date);
      expect(await codesOf(story, { today: date }), `after the batch of ${date}`).toEqual([]);
    }
  });

  test("is clean with batches of other sizes, two on one day, and missed days caught up", async () => {
    const story = await LogStory.begin();
    story.seal(FIRST_DAY, commitmentsOf(1, 128));
    story.seal(FIRST_DAY, commitmentsOf(2, 256));
    story.export(addDays(FIRST_DAY, 4));
    for (const day of [1, 2, 3, 4]) story.seal(addDays(FIRST_DAY, day));
    expect(await codesOf(story, { today: addDays(FIRST_DAY, 4) })).toEqual([]);
  });

  test("may be purged of what nobody fetched, if its policy says so, with an alarm", async () => {
    const story = await LogStory.begin({ unacknowledged: "destroy", daysAtMost: 2 });
    for (const day of [0, 1, 2, 3]) story.seal(addDays(FIRST_DAY, day));
    story.purge(1, addDays(FIRST_DAY, 3));
    story.leaves.push({ kind: "exported", bundle: 1, date: addDays(FIRST_DAY, 3), first: 2, last: 4, sha256: hashOf("x") });
    expect(await codesOf(story, { today: addDays(FIRST_DAY, 3) })).toEqual(["export-late"]);
  });
});

/** One change to the whole story, and everything that is found because of it. */
const FAULTS: [name: string, change: (story: LogStory) => void | Promise<void>, codes: FindingCode[], options?: Options][] = [
  ["an entry that is not canonical", (s) => void s.leaves.push(utf8('{"kind": "audit"}')), ["entry-invalid"]],
  [
    "an acknowledgement with an earlier date",
    (s) => {
      change(s, { kind: "acknowledged", batch: 2 }, { date: FIRST_DAY });
    },
    ["date-backwards", "purge-late"],
  ],
  [
    "a batch with an earlier date than the one before",
    (s) => {
      change(s, { kind: "sealed", batch: 4 }, { date: addDays(FIRST_DAY, 1) });
    },
    ["date-backwards", "days-skipped"],
  ],
  ["a date in the future", (s) => void s.leaves.push({ kind: "audit", date: addDays(TODAY, 2), sha256: hashOf("x") }), ["date-future"]],
  [
    "no review key",
    (s) => {
      remove(s, { kind: "key", role: "review" });
    },
    ["key-missing"],
  ],
  [
    "another log key",
    (s) => {
      change(s, { kind: "key", role: "log" }, { vkey: hashOf("x") });
    },
    ["key-foreign"],
  ],
  [
    "an epoch that ends before it begins",
    (s) => {
      change(s, { kind: "epoch" }, { to: FIRST_DAY });
    },
    ["epoch-invalid"],
  ],
  [
    "an epoch that overlaps the next",
    (s) => {
      change(s, { kind: "epoch" }, { to: addDays(FIRST_DAY, 8) });
    },
    ["epoch-overlap"],
  ],
  ["an epoch published twice", (s) => void s.leaves.push(s.leaves[place(s, { kind: "epoch" })]!), ["epoch-repeated"]],
  [
    "an unknown epoch destroyed",
    (s) =>
      void s.leaves.push({
        kind: "epoch",
        action: "destroyed",
        certificate: "program",
        fingerprint: hashOf("x"),
        from: FIRST_DAY,
        to: TODAY,
      }),
    ["epoch-unknown", "destruction-missing"],
  ],
  [
    "an epoch destroyed, and destroyed again",
    async (s) => {
      await s.destroy(hashOf("epoch 1"), FIRST_DAY, TODAY);
      s.leaves.push(s.leaves.at(-1)!);
    },
    ["epoch-repeated"],
  ],
  ["an epoch destroyed when it is over, with its record", (s) => s.destroy(hashOf("epoch 1"), FIRST_DAY, TODAY), []],
  [
    "an epoch destroyed without a record",
    async (s) => {
      await s.destroy(hashOf("epoch 1"), FIRST_DAY, TODAY);
      s.files.delete(destructionPath(hashOf("epoch 1")));
    },
    ["destruction-missing"],
  ],
  [
    "an epoch destroyed by a record of the log's key",
    (s) => s.destroy(hashOf("epoch 1"), FIRST_DAY, TODAY, { signer: s.log }),
    ["destruction-unsigned"],
  ],
  [
    "an epoch destroyed by a record of another log",
    (s) => s.destroy(hashOf("epoch 1"), FIRST_DAY, TODAY, { origin: "x.example/log" }),
    ["destruction-foreign"],
  ],
  ["an epoch destroyed before it was over", (s) => s.destroy(hashOf("epoch 1"), FIRST_DAY, addDays(TODAY, -1)), ["destruction-foreign"]],
  ["no policy file", (s) => void s.files.delete(policyPath(s.policyHash)), ["policy-missing"]],
  ["another policy file", (s) => void s.files.set(policyPath(s.policyHash), utf8("{}")), ["policy-wrong"]],
  [
    "a batch number left out",
    (s) => {
      for (const [at, leaf] of s.leaves.entries()) {
        if (!(leaf instanceof Uint8Array) && "batch" in leaf && leaf.batch === 8) s.leaves[at] = { ...leaf, batch: 9 };
      }
    },
    ["batch-number-wrong"],
  ],
  [
    "an item taken out of a batch",
    (s) => {
      remove(s, { kind: "received", batch: 3 });
    },
    ["batch-size-wrong"],
  ],
  ["a batch of 100", (s) => void s.seal(TODAY, commitmentsOf(9, 100)), ["batch-size-wrong"]],
  ["a batch of 32", (s) => void s.seal(TODAY, commitmentsOf(9, 32)), ["batch-size-wrong"]],
  ["a batch of 192", (s) => void s.seal(TODAY, commitmentsOf(9, 192)), ["batch-size-wrong"]],
  [
    "a batch under another policy",
    (s) => {
      change(s, { kind: "sealed", batch: 4 }, { policy: hashOf("x") });
    },
    ["batch-policy-wrong", "policy-missing"],
  ],
  ["received entries without a seal", (s) => void s.leaves.push({ kind: "received", batch: 9, c: hashOf("x") }), ["batch-unsealed"]],
  [
    "an entry between the items and their seal",
    (s) =>
      void s.leaves.splice(place(s, { kind: "sealed", batch: 3 }), 0, { kind: "audit", date: addDays(FIRST_DAY, 2), sha256: hashOf("x") }),
    ["received-out-of-place"],
  ],
  [
    "an item of another batch among the items",
    (s) => void s.leaves.splice(place(s, { kind: "sealed", batch: 3 }), 0, { kind: "received", batch: 7, c: "f".repeat(64) }),
    ["received-out-of-place", "received-out-of-place", "batch-size-wrong"],
  ],
  [
    "items in another order",
    (s) => {
      const at = place(s, { kind: "received", batch: 3 });
      s.leaves.splice(at, 2, s.leaves[at + 1]!, s.leaves[at]!);
    },
    ["received-unsorted"],
  ],
  [
    "a commitment that was there before",
    (s) => {
      const at = place(s, { kind: "received", batch: 3 });
      s.leaves[at] = { kind: "received", batch: 3, c: commitmentsOf(1)[0]! };
    },
    ["commitment-repeated"],
  ],
  ["a day without a batch", (s) => void s.seal(addDays(TODAY, 2)), ["days-skipped"], { today: addDays(TODAY, 2) }],
  ["no batch since", () => undefined, ["batch-overdue"], { today: addDays(TODAY, 2) }],
  [
    "a bundle number left out",
    (s) => {
      change(s, { kind: "exported", bundle: 2 }, { bundle: 3 });
    },
    ["bundle-number-wrong"],
  ],
  [
    "a bundle that leaves out a batch",
    (s) => {
      change(s, { kind: "exported", bundle: 2 }, { first: 4 });
    },
    ["export-out-of-order"],
  ],
  [
    "a bundle with a batch that is not sealed",
    (s) => {
      change(s, { kind: "exported", bundle: 2 }, { last: 9 });
    },
    ["export-unsealed"],
  ],
  ["an acknowledgement of an unknown batch", (s) => s.acknowledge(9, TODAY), ["acknowledgement-unknown"]],
  [
    "an acknowledgement given twice",
    (s) => void s.leaves.push({ kind: "acknowledged", batch: 1, date: TODAY, sha256: hashOf("x") }),
    ["acknowledgement-repeated"],
  ],
  [
    "an acknowledgement before the export",
    async (s) => {
      s.seal(TODAY);
      await s.acknowledge(9, TODAY);
    },
    ["acknowledgement-unexported"],
  ],
  ["no acknowledgement file", (s) => void s.files.delete(acknowledgementPath(1)), ["acknowledgement-missing"]],
  [
    "another acknowledgement file",
    (s) => void s.files.set(acknowledgementPath(1), s.files.get(acknowledgementPath(2))!),
    ["acknowledgement-wrong"],
  ],
  ["an acknowledgement the server signed itself", (s) => s.acknowledge(3, TODAY, commitmentsOf(3), s.log), ["acknowledgement-unsigned"]],
  ["an acknowledgement of other items", (s) => s.acknowledge(3, TODAY, commitmentsOf(4)), ["acknowledgement-foreign"]],
  [
    "an acknowledgement of another batch",
    async (s) => {
      await s.acknowledge(3, TODAY);
      const other = s.files.get(acknowledgementPath(1))!;
      s.files.set(acknowledgementPath(3), other);
      change(s, { kind: "acknowledged", batch: 3 }, { sha256: toHex(sha256(other)) });
    },
    ["acknowledgement-foreign"],
  ],
  [
    "a batch nobody acknowledged",
    (s) => {
      for (const day of [1, 2, 3, 4, 5]) s.seal(addDays(TODAY, day));
    },
    ["acknowledgement-overdue"],
    { today: addDays(FIRST_DAY, 13) },
  ],
  [
    "a batch acknowledged after its time",
    async (s) => {
      for (const day of [1, 2, 3, 4, 5, 6]) s.seal(addDays(TODAY, day));
      await s.acknowledge(3, addDays(TODAY, 6));
    },
    ["acknowledgement-late"],
    { today: addDays(TODAY, 6) },
  ],
  [
    "a batch nobody fetched in time",
    (s) => {
      remove(s, { kind: "exported", bundle: 2 });
      for (const day of [1, 2, 3, 4, 5]) s.seal(addDays(TODAY, day));
    },
    ["export-late"],
    { today: addDays(FIRST_DAY, 13) },
  ],
  [
    "a batch fetched only after its time",
    async (s) => {
      remove(s, { kind: "exported", bundle: 2 });
      for (const day of [1, 2, 3, 4, 5, 6]) s.seal(addDays(TODAY, day));
      s.leaves.push({ kind: "exported", bundle: 2, date: addDays(TODAY, 6), first: 3, last: 14, sha256: hashOf("x") });
      await s.acknowledge(3, addDays(TODAY, 6));
      for (const batch of [4, 5]) await s.acknowledge(batch, addDays(TODAY, 6));
    },
    ["export-late"],
    { today: addDays(TODAY, 6) },
  ],
  [
    "a purge of an unknown batch",
    (s) => {
      s.purge(9, TODAY);
    },
    ["purge-unknown"],
  ],
  [
    "a purge done twice",
    (s) => {
      s.purge(1, TODAY);
    },
    ["purge-repeated"],
  ],
  [
    "a purge nobody acknowledged",
    (s) => {
      s.purge(3, TODAY);
    },
    ["purge-unacknowledged"],
  ],
  [
    "a purge acknowledged only afterwards",
    async (s) => {
      s.purge(3, TODAY);
      await s.acknowledge(3, TODAY);
    },
    ["purge-unacknowledged"],
  ],
  [
    "a purge before its day",
    (s) => {
      change(s, { kind: "purged", batch: 1 }, { date: addDays(FIRST_DAY, 4) });
    },
    ["purge-too-early"],
  ],
  [
    "a purge recorded too late",
    (s) => {
      const at = place(s, { kind: "purged", batch: 1 });
      const [purge] = s.leaves.splice(at, 1);
      s.leaves.push({ ...(purge as Leaf & { kind: "purged" }), date: TODAY });
    },
    ["purge-late"],
  ],
  [
    "a purge recorded too late under an earlier date",
    (s) => {
      const [purge] = s.leaves.splice(place(s, { kind: "purged", batch: 1 }), 1);
      s.leaves.push(purge!);
    },
    ["purge-late"],
  ],
  [
    "no purge",
    (s) => {
      remove(s, { kind: "purged", batch: 2 });
    },
    ["purge-overdue"],
  ],
  [
    "a purge with another key",
    (s) => {
      change(s, { kind: "purged", batch: 1 }, { key: hashOf("x") });
    },
    ["purge-key-wrong"],
  ],
];

describe("an audit finds", () => {
  test.each(FAULTS)("%s", async (_, spoil, codes, options) => {
    const story = await wholeStory();
    await spoil(story);
    const found = await codesOf(story, options);
    note(found);
    expect(found).toEqual(codes);
  });

  test("that an acknowledged batch is purged before the policy it was sealed under allows, though the policy in force would allow it", async () => {
    const strict = await LogStory.begin({ daysAfterAcknowledgement: 30 });
    strict.seal(FIRST_DAY);
    strict.export(FIRST_DAY);
    await strict.acknowledge(1, FIRST_DAY);
    const [one, two] = await policySigners(ORIGIN);
    const lax = { daysAfterAcknowledgement: 0, daysAtMost: 10, graceDays: 2, unacknowledged: "keep" } as const;
    strict.decide(await nextPolicyNote(strict.files.get("policies/00000001")!, { policy: lax }, [one, two]), FIRST_DAY);
    strict.purge(1, FIRST_DAY);
    expect(await codesOf(strict, { today: FIRST_DAY })).toEqual(["purge-too-early"]);
  });

  test("that a batch was destroyed before its most days, even where the policy destroys", async () => {
    const story = await LogStory.begin({ unacknowledged: "destroy" });
    story.seal(FIRST_DAY);
    story.purge(1, FIRST_DAY);
    expect(await codesOf(story, { today: FIRST_DAY })).toEqual(["purge-too-early"]);
  });
});

describe("of who decided on a policy, an audit finds", () => {
  const STRICTER = { daysAfterAcknowledgement: 1, daysAtMost: 10, graceDays: 2, unacknowledged: "keep" } as const;
  const FIRST_NOTE = "policies/00000001";
  const SECOND_NOTE = "policies/00000002";

  /** A story whose policy was changed on the last day by a note that these people signed. */
  async function changed(...people: (0 | 1 | 2)[]): Promise<LogStory> {
    const story = await wholeStory();
    const all = await policySigners(ORIGIN);
    const signers = people.map((person) => all[person]);
    story.decide(await nextPolicyNote(story.files.get(FIRST_NOTE)!, { policy: STRICTER, from: TODAY }, signers), TODAY);
    return story;
  }

  async function findingsOf(story: LogStory, code: FindingCode): Promise<void> {
    const found = await codesOf(story);
    note(found);
    expect(found).toEqual([code]);
  }

  test("nothing, if any two of the people signed; the next batch is under the new policy", async () => {
    const story = await changed(0, 2);
    expect(await codesOf(story)).toEqual([]);
    story.seal(addDays(TODAY, 1));
    expect(await codesOf(story, { today: addDays(TODAY, 1) })).toEqual(["batch-policy-wrong"]);
    change(
      story,
      { kind: "sealed", batch: 9 },
      {
        policy: Reflect.get(
          story.leaves.find((leaf) => !(leaf instanceof Uint8Array) && leaf.kind === "policy" && leaf.number === 2)!,
          "sha256",
        ) as string,
      },
    );
    expect(await codesOf(story, { today: addDays(TODAY, 1) })).toEqual([]);
  });

  test("that a batch was put under a policy that is from a later day only", async () => {
    const story = await wholeStory();
    const [one, two] = await policySigners(ORIGIN);
    const from = addDays(TODAY, 2);
    story.decide(await nextPolicyNote(story.files.get(FIRST_NOTE)!, { policy: STRICTER, from }, [one, two]), TODAY);
    story.seal(addDays(TODAY, 1));
    expect(await codesOf(story, { today: addDays(TODAY, 1) })).toEqual([]);
  });

  test("one person alone, and one person under two names", async () => {
    await findingsOf(await changed(1), "policy-one-signature");
    const story = await wholeStory();
    const stranger = await signerOf(`${ORIGIN}/retention/1`, "somebody else");
    const [one] = await policySigners(ORIGIN);
    story.decide(await nextPolicyNote(story.files.get(FIRST_NOTE)!, { policy: STRICTER }, [one, stranger]), TODAY);
    await findingsOf(story, "policy-one-signature");
  });

  test("the server deciding for itself, or the review machine", async () => {
    for (const who of ["log", "review"] as const) {
      const story = await wholeStory();
      story.decide(await nextPolicyNote(story.files.get(FIRST_NOTE)!, { policy: STRICTER }, [story[who]]), TODAY);
      await findingsOf(story, "policy-unsigned");
    }
  });

  test("a first policy that the review machine did not sign", async () => {
    const story = await wholeStory();
    const { text } = parseNote(story.files.get(FIRST_NOTE)!);
    const forged = await story.log.sign(text);
    story.files.set(FIRST_NOTE, forged);
    change(story, { kind: "policy" }, { note: toHex(sha256(forged)) });
    await findingsOf(story, "policy-unsigned");
  });

  test("a note that is not published, or another one", async () => {
    const missing = await changed(0, 1);
    missing.files.delete(SECOND_NOTE);
    await findingsOf(missing, "policy-note-missing");
    const swapped = await changed(0, 1);
    swapped.files.set(SECOND_NOTE, swapped.files.get(FIRST_NOTE)!);
    await findingsOf(swapped, "policy-note-wrong");
  });

  test("a note that does not follow the one before, or says something else than its entry", async () => {
    const skipped = await wholeStory();
    const people = await policySigners(ORIGIN);
    const change3 = { policy: STRICTER, number: 3 };
    skipped.decide(await nextPolicyNote(skipped.files.get(FIRST_NOTE)!, change3, people), TODAY);
    await findingsOf(skipped, "policy-note-wrong");
    const forked = await wholeStory();
    forked.decide(await nextPolicyNote(forked.files.get(FIRST_NOTE)!, { policy: STRICTER, previous: hashOf("x") }, people), TODAY);
    await findingsOf(forked, "policy-note-wrong");
    const lying = await changed(0, 1);
    change(lying, { kind: "policy", number: 2 }, { from: FIRST_DAY });
    await findingsOf(lying, "policy-note-wrong");
  });
});

describe("an audit of a log that is damaged finds", () => {
  const turn = (path: string) => (log: MemoryLog) => {
    const bytes = log.files.get(path)!.slice();
    bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
    log.files.set(path, bytes);
  };
  const size = 531;
  const partial = `.p/${String(size % 256)}`;

  test.each<[string, (log: MemoryLog) => void | Promise<void>, FindingCode[]]>([
    ["a changed entry", turn("tile/entries/001"), ["entries-wrong"]],
    ["entries that are missing", (log) => void log.files.delete("tile/entries/000"), ["entries-missing"]],
    [
      "entries that are cut",
      (log) => void log.files.set("tile/entries/000", log.files.get("tile/entries/000")!.slice(0, -1)),
      ["entries-malformed"],
    ],
    ["a changed tile", turn(`tile/0/002${partial}`), ["tile-wrong"]],
    ["a changed tile of a higher level", turn("tile/1/000.p/2"), ["tile-wrong"]],
    ["a missing tile", (log) => void log.files.delete("tile/0/000"), ["tile-missing"]],
    [
      "another root",
      async (log) => {
        const tile = log.files.get("tile/1/000.p/2")!;
        turn("tile/1/000.p/2")(log);
        await log.sign();
        log.files.set("tile/1/000.p/2", tile);
      },
      ["root-wrong"],
    ],
    [
      "a checkpoint that is not signed by the log",
      async (log) => void log.files.set("checkpoint", await (await signerOf(log.signer.vkey.name, "other")).sign("x\n")),
      ["checkpoint-invalid"],
    ],
    ["a checkpoint that is changed", turn("checkpoint"), ["checkpoint-invalid"]],
    [
      "a note that is no checkpoint",
      async (log) => void log.files.set("checkpoint", await log.signer.sign(`${log.signer.vkey.name}/receipt/v1\n`)),
      ["checkpoint-invalid"],
    ],
    [
      "another log's checkpoint",
      async (log) => void log.files.set("checkpoint", await log.signer.sign(`other\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`)),
      ["checkpoint-foreign"],
    ],
  ])("%s", async (_, damage, codes) => {
    const story = await wholeStory();
    const log = await story.write();
    expect(log.size).toBe(size);
    await damage(log);
    const { findings } = await auditLog(story, log);
    note(findings.map(({ code }) => code));
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });

  test("that too few cosigners signed, and goes on", async () => {
    const story = await wholeStory();
    const { vkey } = await cosignerFromSeed("cosigner.example", sha256(utf8("cosigner")));
    const policy = story.policy({ cosigners: [{ name: "a", vkey: vkey.text }], quorum: { kind: "cosigner", name: "a" } });
    const report = await auditLog(story, await story.write(), { policy });
    note(report.findings.map(({ code }) => code));
    expect(report.findings).toEqual([{ code: "cosigners-too-few", where: "checkpoint" }]);
    expect(report.batches?.sealed).toBe(8);
  });

  test("that cosignatures are older than is allowed, if somebody asks for that", async () => {
    const story = await wholeStory();
    const log = await story.write();
    const cosigner = await cosignerFromSeed("cosigner.example", sha256(utf8("cosigner")));
    const policy = story.policy({ cosigners: [{ name: "a", vkey: cosigner.vkey.text }], quorum: { kind: "cosigner", name: "a" } });
    const { text, signatures } = parseNote(log.files.get("checkpoint")!);
    // At noon, three days before TODAY.
    const time = (parseDate(TODAY) - 3) * 86_400 + 43_200;
    log.files.set("checkpoint", formatNote({ text, signatures: [...signatures, await cosigner.cosign(text, time)] }));
    for (const [cosignedWithin, codes] of [
      [undefined, []],
      [3, []],
      [2, ["cosignature-old"]],
    ] as const) {
      const report = await auditLog(story, log, { policy, ...(cosignedWithin === undefined ? {} : { cosignedWithin }) });
      note(report.findings.map(({ code }) => code));
      expect(report.findings.map(({ code }) => code)).toEqual(codes);
      expect(report.cosignatures).toEqual([{ name: "a", time }]);
    }
    // Without a cosignature too few have signed, which is enough to say.
    const bare = await auditLog(story, await story.write(), { policy, cosignedWithin: 2 });
    expect(bare.findings.map(({ code }) => code)).toEqual(["cosigners-too-few"]);
  });

  test("that a log has not nearly the entries it claims, without asking for all of them", async () => {
    const story = await wholeStory();
    const log = await story.write();
    const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    log.files.set("checkpoint", await log.signer.sign(`${log.signer.vkey.name}\n9007199254740991\n${root}\n`));
    const { findings, batches } = await auditLog(story, log);
    expect(findings).toHaveLength(100);
    expect(findings[0]).toEqual({ code: "entries-missing", where: "tile/entries/002" });
    expect(batches).toBeNull();
  });

  test("nothing but that, if a log that may drop partial tiles did", async () => {
    const story = await wholeStory();
    const log = await story.write();
    const checkpoint = log.files.get("checkpoint")!;
    // The log goes on until the partial tiles of the old size are full, and the old ones are gone; the reader still has the old checkpoint.
    await log.append(Array.from({ length: 256 }, (_, n): Leaf => ({ kind: "audit", date: TODAY, sha256: hashOf(String(n)) })));
    for (const path of log.files.keys()) if (path.endsWith(partial)) log.files.delete(path);
    log.files.set("checkpoint", checkpoint);
    expect((await auditLog(story, log)).findings).toEqual([]);
  });
});

describe("an audit that remembers", () => {
  let folder: string;
  let story: LogStory;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "firsthand-auditor-"));
    story = await wholeStory();
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("sees the log grow, and finds it shrunk or forked, and keeps the proof", async () => {
    const state = join(folder, "state");
    const log = await story.write();
    expect(await auditLog(story, log, { state })).toMatchObject({ findings: [], seenBefore: null });
    expect(await auditLog(story, log, { state })).toMatchObject({ findings: [], seenBefore: 531 });

    const short = await LogStory.begin();
    short.seal(FIRST_DAY);
    const shrunk = await auditLog(short, await short.write(), { state, today: FIRST_DAY });
    expect(shrunk.findings).toEqual([{ code: "log-shrunk", where: "checkpoint" }]);

    const other = await wholeStory();
    other.leaves.splice(0, 0, { kind: "audit", date: FIRST_DAY, sha256: hashOf("rewritten") });
    const forkedLog = await other.write();
    const forked = await auditLog(other, forkedLog, { state });
    expect(forked.findings).toEqual([{ code: "log-forked", where: "checkpoint" }]);
    expect(new Uint8Array(await readFile(forked.conflict!))).toEqual(forkedLog.files.get("checkpoint"));

    // A fork that hides its tiles shows no growth, and is not remembered either.
    for (const path of forkedLog.files.keys()) if (path.startsWith("tile/0/")) forkedLog.files.delete(path);
    const hidden = await auditLog(other, forkedLog, { state });
    expect(hidden.findings.map(({ code }) => code)).toContain("growth-not-shown");
    note(["log-shrunk", "log-forked", "growth-not-shown"]);

    await log.append([{ kind: "audit", date: TODAY, sha256: hashOf("report") }]);
    expect(await auditLog(story, log, { state })).toMatchObject({ findings: [], seenBefore: 531 });
    expect(await auditLog(story, log, { state })).toMatchObject({ findings: [], seenBefore: 532 });
    expect((await readdir(state)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test("sees two logs of one size, if two people are shown different ones", async () => {
    const state = join(folder, "split");
    expect(await auditLog(story, await story.write(), { state })).toMatchObject({ findings: [] });
    const other = await wholeStory();
    change(other, { kind: "received", batch: 3 }, { c: commitmentsOf(3)[0]!.replace(/^0?./, "00") });
    const { findings, conflict } = await auditLog(other, await other.write(), { state });
    expect(findings.map(({ code }) => code)).toContain("log-forked");
    expect(conflict).not.toBeNull();
  });

  test("does not remember a log whose entries are not shown", async () => {
    const state = join(folder, "unshown");
    const log = await story.write();
    log.files.delete("tile/entries/000");
    await auditLog(story, log, { state });
    expect(await auditLog(story, await story.write(), { state })).toMatchObject({ seenBefore: null });
  });

  test("stops if its memory cannot be written", async () => {
    const state = join(folder, "file");
    await writeFile(state, "not a folder");
    await expect(auditLog(story, await story.write(), { state })).rejects.toBeInstanceOf(Fault);
  });
});

test("every finding of the list was found by some test above; those about pages, inventories and receipts are in tests of theirs", () => {
  const ofLogs = Object.keys(FINDINGS).filter((code) => !/^(?:page|inventory|receipt)-/.test(code));
  expect([...seen].toSorted()).toEqual(ofLogs.toSorted());
});
