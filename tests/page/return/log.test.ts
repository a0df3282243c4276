/** The page looks for a receipt at a server that may be hostile, over a line that breaks. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findInLog } from "../../../src/page/return/log.ts";
import { UploadRefused } from "../../../src/page/upload/upload.ts";
import type { NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { openReceipt } from "../../../src/protocol/crypto/receipt.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { formatCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { tilePath } from "../../../src/protocol/format/tile.ts";
import type { Verdict } from "../../../src/protocol/tlog/search.ts";
import { batchLog, commitmentIn, dateOf, receiptOf } from "../../support/batch-log.ts";
import { type MemoryLog, signerOf } from "../../support/memory-log.ts";

const NAME = "tips.example/log";

let signer: NoteSigner;
let log: MemoryLog;
let base: string;
let asked: string[];
let answer: (path: string, request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  const path = (request.url ?? "").replace(/^\/log\//, "");
  asked.push(path);
  answer(path, request, response);
});

beforeAll(async () => {
  signer = await signerOf(NAME);
  // 17 tiles: more than are asked for at once.
  log = await batchLog(signer, 66);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function give(path: string, response: ServerResponse): void {
  const file = log.files.get(path);
  response.writeHead(file === undefined ? 404 : 200).end(file);
}

beforeEach(() => {
  asked = [];
  answer = (path, _, response) => {
    give(path, response);
  };
});

interface Found {
  readonly verdict: Verdict;
  readonly waits: string[];
  readonly checked: [number, number][];
}

async function find(batch: number, position: number): Promise<Found> {
  const receipt = await openReceipt(await receiptOf(signer, commitmentIn(batch, position), batch), signer.vkey);
  const nudges = new EventTarget();
  const waits: string[] = [];
  const checked: [number, number][] = [];
  const verdict = await findInLog(
    receipt,
    signer.vkey,
    {
      checked: (done, total) => checked.push([done, total]),
      waiting: (why) => {
        waits.push(why);
        setTimeout(() => nudges.dispatchEvent(new Event("now")), 1);
      },
      resumed: () => undefined,
    },
    { base, signal: new AbortController().signal, nudges, patience: 60_000 },
  );
  return { verdict, waits, checked };
}

const failure = (batch = 1): Promise<unknown> =>
  find(batch, 0).then(
    () => "found",
    (error: unknown) => (error instanceof Refusal ? error.code : error),
  );

describe("a log", () => {
  it("is asked for as a whole and in order, whichever item is meant, found or not", async () => {
    const seen: string[][] = [];
    for (const [batch, position] of [
      [1, 0],
      [33, 12],
      [66, 63],
    ] as const) {
      asked = [];
      const { verdict, checked } = await find(batch, position);
      expect(verdict).toMatchObject({ kind: "included", batch, date: dateOf(batch) });
      expect(checked.map(([done]) => done)).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
      seen.push(asked);
    }
    asked = [];
    expect((await find(66, 64)).verdict).toMatchObject({ kind: "missing" });
    seen.push(asked);
    for (const paths of seen) {
      // Some are under way at once, so that two may arrive in either order.
      expect(paths[0]).toBe("checkpoint");
      expect(paths.toSorted()).toEqual(
        ["checkpoint", ...Array.from({ length: 16 }, (_, n) => tilePath("entries", n)), tilePath("entries", 16, 195)].toSorted(),
      );
      for (const [place, path] of paths.slice(1).entries()) expect(Math.abs(place - Number(path.slice(13, 16)))).toBeLessThan(4);
    }
  });

  it("comes over a line that breaks, from a server that is busy", async () => {
    const broken = new Set<string>();
    answer = (path, request, response) => {
      if (broken.has(path)) {
        give(path, response);
        return;
      }
      broken.add(path);
      if (broken.size % 3 === 0) request.socket.destroy();
      else if (broken.size % 3 === 1) response.writeHead(503).end();
      else response.writeHead(200, { "content-length": 50_000 }).write("half", () => request.socket.destroy());
    };
    const { verdict, waits } = await find(40, 3);
    expect(verdict).toMatchObject({ kind: "included", batch: 40 });
    expect(waits).toHaveLength(18);
  });
});

describe("a hostile server", () => {
  /** Gives something else for one path. */
  const instead = (wanted: string, body: Uint8Array | null): void => {
    answer = (path, _, response) => {
      if (path !== wanted) give(path, response);
      else response.writeHead(body === null ? 404 : 200).end(body);
    };
  };

  it("that has no checkpoint is refused as one that does not answer, and one of another key as a wrong log", async () => {
    instead("checkpoint", null);
    expect(await failure()).toBeInstanceOf(UploadRefused);
    const other = await batchLog(await signerOf(NAME, "another seed"), 1);
    instead("checkpoint", other.files.get("checkpoint") ?? new Uint8Array());
    expect(await failure()).toBe("unknown-signer");
    instead("checkpoint", await signer.sign(formatCheckpoint({ origin: "other.example/log", size: 1, root: new Uint8Array(32) })));
    expect(await failure()).toBe("wrong-origin");
  });

  it("that keeps a tile back, or gives another one, has a wrong log", async () => {
    instead(tilePath("entries", 9), null);
    expect(await failure()).toBe("not-found");
    instead(tilePath("entries", 9), log.files.get(tilePath("entries", 8)) ?? new Uint8Array());
    expect(await failure()).not.toBe("found");
  });

  it("that signs a log without end is not followed", async () => {
    instead("checkpoint", await signer.sign(formatCheckpoint({ origin: NAME, size: 2 ** 53 - 1, root: new Uint8Array(32) })));
    expect(await failure()).toBe("bad-checkpoint");
    expect(asked).not.toContain(tilePath("entries", 0));
  });

  it("that never ends an answer is not read to its end", async () => {
    let ended = false;
    answer = (path, _, response) => {
      if (path !== tilePath("entries", 2)) {
        give(path, response);
        return;
      }
      response.on("close", () => (ended = true));
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", pour);
      pour();
    };
    expect(await failure()).toBe("not-found");
    await expect.poll(() => ended, { timeout: 30_000 }).toBe(true);
  });

  it("whatever it gives, it is a coded refusal", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("checkpoint", tilePath("entries", 0), tilePath("entries", 16, 195)),
        fc.uint8Array({ maxLength: 500 }),
        async (path, bytes) => {
          instead(path, bytes);
          const code = await failure();
          expect(["bad-note", "bad-checkpoint", "bad-tile", "bad-leaf", "bad-proof", "unknown-signer", "bad-signature"]).toContain(code);
        },
      ),
      { numRuns: 25 },
    );
  });
});
