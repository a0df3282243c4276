import { beforeAll, describe, expect, test } from "vitest";
import { asBytes, type Bytes } from "../../../src/protocol/bytes.ts";
import { cosignerFromSeed } from "../../../src/protocol/crypto/note.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import type { Refusal } from "../../../src/protocol/errors.ts";
import { type Checkpoint, formatCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatNote, type NoteSignature, parseNote } from "../../../src/protocol/format/note.ts";
import { tilePath } from "../../../src/protocol/format/tile.ts";
import { rootOf, verifyConsistency, verifyInclusion, leafHash } from "../../../src/protocol/tlog/merkle.ts";
import { inclusionProof, tilesOf } from "../../../src/protocol/tlog/tree.ts";
import { verifyCheckpoint, verifyCosigned, verifyGrowth, walkLog } from "../../../src/protocol/tlog/verify.ts";
import { MemoryLog, signerOf } from "../../support/memory-log.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });
const entry = (n: number): Bytes => utf8(`entry ${String(n)}`);

async function logOf(size: number, first = 0): Promise<MemoryLog> {
  const log = new MemoryLog(await signerOf("log.example"));
  await log.append(Array.from({ length: size }, (_, n) => entry(first + n)));
  return log;
}

function open(log: MemoryLog): Promise<Checkpoint> {
  return verifyCheckpoint(log.files.get("checkpoint") ?? new Uint8Array(), { log: log.signer.vkey });
}

async function faultsOf(log: MemoryLog, checkpoint: Checkpoint): Promise<{ faults: string[]; seen: number }> {
  const faults: string[] = [];
  let seen = 0;
  await walkLog(checkpoint, log, {
    leaf: () => seen++,
    fault: ({ code, where = "" }: Refusal) => faults.push(`${code} ${where}`),
  });
  return { faults, seen };
}

describe("a checkpoint", () => {
  test("is taken from the log's key only, and only under its own name", async () => {
    const log = await logOf(3);
    const note = log.files.get("checkpoint")!;
    expect(await verifyCheckpoint(note, { log: log.signer.vkey })).toMatchObject({ origin: "log.example", size: 3 });
    const other = await signerOf("other.example");
    await expect(verifyCheckpoint(note, { log: other.vkey })).rejects.toEqual(refusal("unknown-signer"));
    const foreign = await log.signer.sign(formatCheckpoint({ origin: "other.example", size: 0, root: rootOf([]) }));
    await expect(verifyCheckpoint(foreign, { log: log.signer.vkey })).rejects.toEqual(refusal("wrong-origin"));
    const receipt = await log.signer.sign("log.example/receipt/v1\n");
    await expect(verifyCheckpoint(receipt, { log: log.signer.vkey })).rejects.toEqual(refusal("bad-checkpoint"));
  });

  test("without its quorum of cosigners is refused", async () => {
    const log = await logOf(3);
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => cosignerFromSeed(`cosigner-${String(seed)}`, asBytes(new Uint8Array(32).fill(seed)))),
    );
    if (one === undefined || two === undefined) throw new Error("two cosigners");
    const trust = {
      log: log.signer.vkey,
      cosigners: [
        { name: "X", vkey: one.vkey },
        { name: "Y", vkey: two.vkey },
      ],
      quorum: {
        kind: "group",
        name: "both",
        atLeast: 2,
        members: ["X", "Y"].map((name) => ({ kind: "cosigner", name }) as const),
      } as const,
    };
    const { text, signatures } = parseNote(log.files.get("checkpoint")!);
    const by = (...more: NoteSignature[]): Bytes => formatNote({ text, signatures: [...signatures, ...more] });
    const [early, late] = [await one.cosign(text, 1_700_000_000), await two.cosign(text, 1_700_000_009)];
    for (const note of [by(), by(early), by(late)]) {
      await expect(verifyCheckpoint(note, trust)).rejects.toEqual(refusal("unknown-signer"));
    }
    expect((await verifyCosigned(by(late, early), trust)).cosignatures).toEqual([
      { name: "X", time: 1_700_000_000 },
      { name: "Y", time: 1_700_000_009 },
    ]);
    // Cosigners' words alone are not the log's.
    await expect(verifyCheckpoint(formatNote({ text, signatures: [early, late] }), trust)).rejects.toEqual(refusal("unknown-signer"));
  });
});

describe("walking a log", () => {
  test.each([0, 1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1000])(
    "of %d entries finds no fault and sees each entry once",
    async (size) => {
      const log = await logOf(size);
      expect(await faultsOf(log, await open(log))).toEqual({ faults: [], seen: size });
    },
  );

  test("of 66,000 entries, with three levels of tiles, finds no fault", async () => {
    const log = await logOf(66_000);
    expect(await faultsOf(log, await open(log))).toEqual({ faults: [], seen: 66_000 });
  });

  test("names every tile that is changed, missing, cut or too long", async () => {
    for (const { level, index, width } of tilesOf(600)) {
      const log = await logOf(600);
      const checkpoint = await open(log);
      const path = tilePath(level, index, width);
      const good = log.files.get(path)!;
      const changed = good.slice();
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      const longer = new Uint8Array(good.length + 1);
      longer.set(good);
      for (const bad of [changed, longer, good.slice(0, -1), good.slice(0, 1), null]) {
        if (bad === null) log.files.delete(path);
        else log.files.set(path, bad);
        const { faults } = await faultsOf(log, checkpoint);
        const code = bad === null ? "not-found" : "bad-tile";
        // A changed entry shows in the tile above it and in the root; a changed tile of hashes shows in itself.
        if (level === "entries" && bad === changed) expect(faults, path).toContain("bad-proof root");
        else expect(faults, path).toEqual([`${code} ${path}`]);
        await expect(walkLog(checkpoint, log, { leaf: () => undefined })).rejects.toBeInstanceOf(Error);
      }
    }
  });

  test("finds entries that are not those of the signed root, though all tiles agree with them", async () => {
    const [log, other] = await Promise.all([logOf(300), logOf(300, 5)]);
    expect((await faultsOf(other, await open(log))).faults).toEqual(["bad-proof root"]);
  });

  test("lets the reader's own failures through", async () => {
    const log = await logOf(3);
    const reader = { tile: () => Promise.reject(new Error("the line is down")) };
    await expect(walkLog(await open(log), reader, { leaf: () => undefined, fault: () => undefined })).rejects.toThrow("the line is down");
  });
});

describe("growth", () => {
  let log: MemoryLog;
  const checkpoints = new Map<number, Checkpoint>();
  beforeAll(async () => {
    log = new MemoryLog(await signerOf("log.example"));
    for (const size of [0, 1, 100, 256, 300, 600]) {
      await log.append(Array.from({ length: size - log.size }, (_, n) => entry(log.size + n)));
      checkpoints.set(size, await open(log));
    }
  });

  test("is proven from every size that was seen before", async () => {
    const newest = checkpoints.get(600)!;
    for (const older of checkpoints.values()) await verifyGrowth(older, newest, log);
  });

  test("is refused if the log shrank, forked or is another one", async () => {
    const newest = checkpoints.get(600)!;
    await expect(verifyGrowth(newest, checkpoints.get(300)!, log)).rejects.toEqual(refusal("log-shrunk"));
    for (const size of [0, 1, 300, 600]) {
      const forked = { ...checkpoints.get(size)!, root: checkpoints.get(100)!.root };
      await expect(verifyGrowth(forked, newest, log), String(size)).rejects.toEqual(refusal("log-forked"));
    }
    await expect(verifyGrowth({ ...newest, origin: "other" }, newest, log)).rejects.toEqual(refusal("wrong-origin"));
  });
});

describe("a proof", () => {
  test("does not hold for another entry, place, size or root, nor with a hash too many, too few or changed", async () => {
    const log = await logOf(70);
    const { root } = await open(log);
    for (const index of [0, 1, 33, 63, 64, 69]) {
      const hash = leafHash(entry(index));
      const proof = await inclusionProof(index, 70, log);
      verifyInclusion(hash, index, 70, proof, root);
      const forged: [Bytes, number, number, Bytes[], Bytes][] = [
        [leafHash(entry(index + 1)), index, 70, proof, root],
        [hash, (index + 1) % 70, 70, proof, root],
        [hash, index, 71 + 64, proof, root],
        [hash, index, 70, proof, hash],
        [hash, index, 70, [...proof, hash], root],
        [hash, index, 70, proof.slice(1), root],
        [hash, index, 70, [hash, ...proof.slice(1)], root],
        [hash, -1, 70, proof, root],
        [hash, 70, 70, proof, root],
        [hash, index, 70, [...proof.slice(0, -1), new Uint8Array(31)], root],
      ];
      for (const values of forged)
        expect(() => {
          verifyInclusion(...values);
        }).toThrow(refusal("bad-proof"));
    }
  });

  test("of growth that is empty holds only between equal trees and from the empty one", () => {
    const [one, two] = [rootOf([leafHash(entry(1))]), rootOf([leafHash(entry(1)), leafHash(entry(2))])];
    verifyConsistency(0, rootOf([]), 2, two, []);
    verifyConsistency(2, two, 2, two, []);
    const growth =
      (...values: Parameters<typeof verifyConsistency>) =>
      () => {
        verifyConsistency(...values);
      };
    expect(growth(1, one, 2, two, [])).toThrow(refusal("bad-proof"));
    expect(growth(2, one, 2, two, [])).toThrow(refusal("bad-proof"));
    expect(growth(0, one, 2, two, [])).toThrow(refusal("bad-proof"));
    expect(growth(2, two, 2, two, [one])).toThrow(refusal("bad-proof"));
    expect(growth(2, two, 1, one, [])).toThrow(refusal("log-shrunk"));
  });
});
