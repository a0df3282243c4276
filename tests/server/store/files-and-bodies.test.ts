/** Durable files, and the stored form of bodies. */
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../../src/protocol/errors.ts";
import { BODY_OVERHEAD, decryptBody, encryptBody } from "../../../src/server/store/body-cipher.ts";
import { readIfThere, removeDurably, writeDurably, writeOnceDurably } from "../../../src/server/store/durable-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-files-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("a durable file", () => {
  test("is read back, replaced as a whole, and leaves nothing beside it", async () => {
    const path = join(folder, "new", "folder", "file");
    expect(await readIfThere(path)).toBeNull();
    for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(100_000).fill(7)]) {
      await writeDurably(path, bytes);
      expect(await readIfThere(path)).toEqual(bytes);
    }
    expect(await readdir(join(folder, "new", "folder"))).toEqual(["file"]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "new"))).mode & 0o777).toBe(0o700);
    await removeDurably(path);
    await removeDurably(path);
    expect(await readIfThere(path)).toBeNull();
  });

  test("that several write at once, and only once, is one of theirs, and all get that", async () => {
    const path = join(folder, "once", "file");
    const written = await Promise.all([1, 2, 3, 4, 5, 6].map((value) => writeOnceDurably(path, new Uint8Array(1000).fill(value))));
    for (const bytes of written) expect(bytes).toEqual(written[0]);
    expect(await readIfThere(path)).toEqual(written[0]);
    expect(await writeOnceDurably(path, Uint8Array.of(9))).toEqual(written[0]);
    expect(await readdir(join(folder, "once"))).toEqual(["file"]);
  });

  test("that cannot be written leaves the old one and no remains", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "inside"), { recursive: true });
    await expect(writeDurably(path, Uint8Array.of(1))).rejects.toThrow(Fault);
    expect((await readdir(folder)).filter((name) => name.startsWith("taken"))).toEqual(["taken"]);
    await expect(readIfThere(path)).rejects.toThrow(Fault);
  });
});

describe("a stored body", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const key = bytes(32);
  const place = fc.uint8Array({ maxLength: 64 });

  test("opens under its key and place, is longer by nonce and tag, and never twice the same", () => {
    fc.assert(
      fc.property(key, place, fc.uint8Array({ maxLength: 2000 }), (secret, where, body) => {
        const stored = encryptBody(secret, where, body);
        expect(stored.length).toBe(body.length + BODY_OVERHEAD);
        expect(decryptBody(secret, where, stored)).toEqual(new Uint8Array(body));
        expect(encryptBody(secret, where, body)).not.toEqual(stored);
      }),
      { numRuns: 100 },
    );
  });

  test("does not open after any change, at another place or under another key", () => {
    fc.assert(
      fc.property(
        key,
        place,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (secret, where, body, at, change) => {
          const stored = encryptBody(secret, where, body);
          const changed = stored.slice();
          changed[at % stored.length]! ^= change;
          const otherKey = secret.slice();
          otherKey[at % 32]! ^= change;
          const open = (k: Uint8Array, p: Uint8Array, s: Uint8Array) => () => decryptBody(k, p, s);
          expect(open(secret, where, changed)).toThrow(expect.objectContaining({ code: "not-authentic" }));
          expect(open(otherKey, where, stored)).toThrow(expect.objectContaining({ code: "not-authentic" }));
          expect(open(secret, Uint8Array.of(...where, change), stored)).toThrow(expect.objectContaining({ code: "not-authentic" }));
          expect(open(secret, where, stored.slice(0, at % stored.length))).toThrow(expect.objectContaining({ code: "not-authentic" }));
        },
      ),
      { numRuns: 100 },
    );
  });
});
