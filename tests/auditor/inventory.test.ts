/** A server's inventory against its log: what is there though it should be gone, what is gone though it should be there, and what fits. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FINDINGS } from "../../src/auditor/findings.ts";
import { formatInventory, type Inventory } from "../../src/protocol/format/inventory.ts";
import { signerOf } from "../support/memory-log.ts";
import { hashOf, type LogStory, ORIGIN, TODAY, wholeStory } from "./log-story.ts";
import { auditor, Bench, type Outcome } from "./story-on-disk.ts";

let bench: Bench;
let story: LogStory;
let place: string;
let policy: string;
beforeAll(async () => {
  bench = await Bench.open();
  story = await wholeStory();
  place = await bench.putLog("log", (await story.write()).files);
  policy = await bench.put("policy.txt", story.policy());
});
afterAll(() => bench.close());

/** What the server of the whole story has: batches 3 to 8 and their keys. */
function honest(): Inventory {
  const numbers = [3, 4, 5, 6, 7, 8];
  return {
    origin: ORIGIN,
    date: TODAY,
    size: story.leaves.length,
    batches: numbers.map((batch) => ({ batch, items: 64, whole: true })),
    keys: numbers.map((batch) => ({ batch, fingerprint: hashOf(`key ${String(batch)}`) })),
  };
}

async function compare(inventory: Inventory, signer = story.log): Promise<Outcome> {
  const file = await bench.put("inventory", await signer.sign(formatInventory(inventory)));
  return auditor("inventory", place, "--policy", policy, "--file", file, "--json");
}

const seen = new Set<string>();

async function foundIn(inventory: Inventory, signer = story.log): Promise<string[]> {
  const { code, out } = await compare(inventory, signer);
  const { findings } = JSON.parse(out) as { findings: { code: string; where: string }[] };
  expect(code).toBe(findings.length === 0 ? 0 : 1);
  for (const finding of findings) seen.add(finding.code);
  return findings.map((finding) => `${finding.code} ${finding.where}`);
}

describe("an inventory", () => {
  test("that fits the log is clean, and says what it cannot show", async () => {
    expect(await foundIn(honest())).toEqual([]);
    const { code, out } = await auditor("inventory", place, "--policy", policy, "--file", bench.at("inventory"));
    expect(code).toBe(0);
    expect(out).toContain("There    6 batches, 6 keys");
    expect(out).toContain("Verdict: clean.");
    expect(out).toContain("a copy made before stays a copy");
  });

  test("that was taken before the log went on is held against the log of then", async () => {
    const before = story.leaves.findIndex((leaf) => !(leaf instanceof Uint8Array) && leaf.kind === "purged");
    const numbers = [1, 2, 3, 4, 5, 6];
    const earlier = {
      ...honest(),
      size: before,
      batches: numbers.map((batch) => ({ batch, items: 64, whole: true })),
      keys: numbers.map((batch) => ({ batch, fingerprint: hashOf(`key ${String(batch)}`) })),
    };
    expect(await foundIn(earlier)).toEqual([]);
    expect(await foundIn({ ...earlier, size: before + 1 })).toEqual(["inventory-batch-left batch 1", "inventory-key-left batch 1"]);
  });

  const first = { batch: 1, items: 64, whole: true };
  const key = { batch: 1, fingerprint: "0".repeat(64) };
  const last = { batch: 9, items: 64, whole: true };
  test.each<[string, (inventory: Inventory) => Inventory, string[]]>([
    ["a purged batch that is still there", (i) => ({ ...i, batches: [first, ...i.batches] }), ["inventory-batch-left batch 1"]],
    ["a destroyed key that is still there", (i) => ({ ...i, keys: [key, ...i.keys] }), ["inventory-key-left batch 1"]],
    ["a batch that is gone", (i) => ({ ...i, batches: i.batches.slice(1) }), ["inventory-batch-missing batch 3"]],
    ["a key that is gone", (i) => ({ ...i, keys: i.keys.slice(1) }), ["inventory-key-missing batch 3"]],
    ["another key", (i) => ({ ...i, keys: i.keys.with(0, { batch: 3, fingerprint: "0".repeat(64) }) }), ["inventory-key-wrong batch 3"]],
    [
      "an item too few",
      (i) => ({ ...i, batches: i.batches.with(1, { batch: 4, items: 63, whole: true }) }),
      ["inventory-count-wrong batch 4"],
    ],
    [
      "a part too few",
      (i) => ({ ...i, batches: i.batches.with(1, { batch: 4, items: 64, whole: false }) }),
      ["inventory-batch-damaged batch 4"],
    ],
    ["a batch the log does not know", (i) => ({ ...i, batches: [...i.batches, last] }), ["inventory-unlogged batch 9"]],
    ["a key the log does not know", (i) => ({ ...i, keys: [...i.keys, { ...key, batch: 10 }] }), ["inventory-unlogged batch 10"]],
    ["more entries than the log has", (i) => ({ ...i, size: i.size + 1 }), ["inventory-ahead inventory"]],
    ["another log's name", (i) => ({ ...i, origin: "other.example" }), ["inventory-invalid inventory"]],
  ])("with %s is found", async (_, change, findings) => {
    expect(await foundIn(change(honest()))).toEqual(findings);
  });

  test("that somebody else signed, or that is none, is found", async () => {
    expect(await foundIn(honest(), await signerOf(ORIGIN, "somebody else"))).toEqual(["inventory-invalid inventory"]);
    const other = await bench.put("other", await story.log.sign(`${ORIGIN}/receipt/v1\n`));
    expect((await auditor("inventory", place, "--policy", policy, "--file", other)).out).toContain("inventory-invalid");
  });

  test("is not compared with entries that are not the log's", async () => {
    const damaged = await story.write();
    damaged.files.delete("tile/entries/001");
    const at = await bench.putLog("damaged", damaged.files);
    const file = await bench.put("inventory", await story.log.sign(formatInventory(honest())));
    const { code, out } = await auditor("inventory", at, "--policy", policy, "--file", file, "--json");
    expect(code).toBe(1);
    expect((JSON.parse(out) as { findings: { code: string }[] }).findings.map((one) => one.code)).toEqual(["entries-missing"]);
  });

  test("must be there", async () => {
    expect((await auditor("inventory", place, "--policy", policy)).error).toContain("--file FILE is needed");
    expect((await auditor("inventory", place, "--policy", policy, "--file", bench.at("none"))).code).toBe(2);
  });
});

test("every finding about inventories was found by some test above", () => {
  expect([...seen].toSorted()).toEqual(
    Object.keys(FINDINGS)
      .filter((code) => code.startsWith("inventory-"))
      .toSorted(),
  );
});
