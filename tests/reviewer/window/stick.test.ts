/** Bundles in and outboxes out at the window: what is listed is what is signed, and codes are read back by a program that reads codes. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCodes } from "../../../src/protocol/crypto/code-series.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import type { Json } from "../../../src/protocol/format/json.ts";
import { WindowApi } from "../../../src/reviewer/window/api.ts";
import { NO_FILTER } from "../../../src/reviewer/window/page/state.ts";
import { Player } from "../../../src/reviewer/window/player.ts";
import type { Calls } from "../../../src/reviewer/window/wire.ts";
import { streamOf } from "../../support/bytes.ts";
import { epochsOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { codePng } from "../../support/pictures.ts";
import { openWith, smallCeremony } from "../../support/small-casebook.ts";

const ORIGIN = "tips.test/log";

let folder: string;
let api: WindowApi;
let server: SmallServer;
let to: Awaited<ReturnType<typeof epochsOf>>;

const call = <K extends keyof Calls>(name: K, request: Calls[K][0]): Promise<Calls[K][1]> =>
  api.answer(name, request as unknown as Json) as Promise<Calls[K][1]>;

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "allowed";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh stick "));
  const ceremony = await smallCeremony(true);
  const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
  const file = async (name: string) => new Uint8Array(await readFile(join(ceremony, "public", name)));
  to = await epochsOf(await file("program.pgp"), await file("rewards.pgp"));
  server = await SmallServer.create(ORIGIN);
  const nothing = () => undefined;
  const person = await open.casebook.person("Ana");
  api = new WindowApi({ open, person, lockMinutes: 10, player: new Player(), now: () => new Date(), onUse: nothing, onLock: nothing });
  await api.fill();
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const exported = async () => streamOf((await server.exportBundle()).bytes, 65_536);

describe("the window and the stick", () => {
  it("import a bundle once somebody compared the log's key, and find its tips without opening again", async () => {
    await server.seal([await tipOf(to, { narrative: "The ambulance came at night." })]);
    const first = await server.exportBundle();
    const stream = () => streamOf(first.bytes, 65_536);
    expect(await call("importing", {})).toEqual({ next: 1, pinned: false });
    expect(await refused(api.takeIn(stream()))).toBe("usage");
    expect(await refused(call("log-key", { text: "no key" }))).toBe("bad-vkey");
    const { fingerprint } = await call("log-key", { text: `Log key: ${server.log.signer.vkey.text}\n` });
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(await api.takeIn(stream())).toMatchObject({ bundle: 1, batches: 1, tips: 1, decoys: 0 });
    expect(await call("importing", {})).toEqual({ next: 2, pinned: true });
    expect(await refused(api.takeIn(stream()))).toBe("bundle-replayed");
    await api.fill();
    const { rows } = await call("inbox", { ...NO_FILTER, query: "ambulance", offset: 0, limit: 9 });
    expect(rows).toHaveLength(1);
    expect(await call("alive", {})).toEqual({ read: 1, total: 1, work: null });
  });

  it("say what is wrong with a bundle, and take nothing of it", async () => {
    await server.seal([await tipOf(to, { narrative: "Another." })]);
    const { bytes } = await server.fork().exportBundle();
    expect(await refused(api.takeIn(streamOf(bytes.slice(0, 5000), 1000)))).toBe("bundle-truncated");
    const skipped = server.fork();
    await skipped.exportBundle();
    await skipped.seal([await tipOf(to, { narrative: "Later." })]);
    expect(await refused(api.takeIn(streamOf((await skipped.exportBundle()).bytes, 65_536)))).toBe("bundle-skipped");
    expect((await call("alive", {})).total).toBe(1);
  });

  it("sign what was listed and nothing else, and write it once", async () => {
    expect(await refused(call("write-outbox", { folder }))).toBe("nothing-to-do");
    const before = await call("outbox", {});
    expect(before).toMatchObject({ batches: [{ batch: 1, size: 1 }], replies: [], last: null });
    // Something comes between looking and signing.
    await api.takeIn(await exported());
    expect(await refused(call("sign-outbox", { digest: before.digest }))).toBe("wrong-state");
    const { digest, batches } = await call("outbox", {});
    expect(batches).toHaveLength(2);
    expect(await call("sign-outbox", { digest })).toEqual({ bundle: 1 });
    const after = await call("outbox", {});
    expect(after).toMatchObject({ batches: [], replies: [], last: 1 });
    expect(await refused(call("sign-outbox", { digest: after.digest }))).toBe("nothing-to-do");
    expect(await refused(call("write-outbox", { folder: join(folder, "nowhere") }))).toBe("no-secure-place");
    expect(await refused(call("write-outbox", { folder: "." }))).toBe("no-secure-place");
    expect(await call("write-outbox", { folder })).toEqual({ file: "firsthand-outbox-00000001" });
    expect(await refused(call("write-outbox", { folder }))).toBe("already-there");
  });

  it("show the outbox as codes that a camera's program reads back to the byte", async () => {
    const { bundle, codes } = await call("outbox-codes", {});
    expect(bundle).toBe(1);
    const pictures = await Promise.all(
      codes.map(async (rows, index) => {
        const path = join(folder, `code-${String(index)}.png`);
        await writeFile(path, codePng(rows));
        return path;
      }),
    );
    const { stdout } = await promisify(execFile)("zbarimg", ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", ...pictures.toReversed()]);
    expect(stdout.trim().split("\n")).toHaveLength(codes.length);
    const read = inflateRawSync(parseCodes(stdout));
    expect(new Uint8Array(read)).toEqual(new Uint8Array(await readFile(join(folder, "firsthand-outbox-00000001"))));
  });
});
