import { link, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchesWithKeys, batchKey, batchKeyFingerprint, destroyBatchKey, makeBatchKey } from "../../../src/server/store/batch-keys.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-batch-keys-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("batch keys", () => {
  it("are made once, so that an interrupted sealing goes on with the same", async () => {
    const key = await makeBatchKey(folder, 7);
    expect(key).toHaveLength(32);
    expect(await makeBatchKey(folder, 7)).toEqual(key);
    expect(await batchKey(folder, 7)).toEqual(key);
    expect(await makeBatchKey(folder, 8)).not.toEqual(key);
    expect(batchKeyFingerprint(key)).toMatch(/^[0-9a-f]{64}$/);
    expect(await batchesWithKeys(folder)).toEqual([7, 8]);
    expect((await stat(join(folder, "keys", "batches", "00000007.key"))).mode & 0o777).toBe(0o600);
  });

  it("are overwritten before they are unlinked, and destroying may be repeated", async () => {
    const key = await makeBatchKey(folder, 7);
    const other = join(folder, "another-name");
    await link(join(folder, "keys", "batches", "00000007.key"), other);
    await destroyBatchKey(folder, 7);
    await destroyBatchKey(folder, 7);
    expect(await batchesWithKeys(folder)).toEqual([]);
    await expect(batchKey(folder, 7)).rejects.toMatchObject({ code: "key-destroyed" });
    const left = await readFile(other);
    expect(left).toHaveLength(32);
    expect(left.equals(key)).toBe(false);
  });
});
