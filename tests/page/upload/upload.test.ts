import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { UploadRefused, UploadRestart, uploadTip, type UploadWatch } from "../../../src/page/upload/upload.ts";
import { epochAt } from "../../../src/protocol/crypto/certificate.ts";
import { deriveKeys, newCodename } from "../../../src/protocol/crypto/codename.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { type SealedTip, sealTip } from "../../../src/protocol/crypto/tip.ts";
import { equal } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { parseNote } from "../../../src/protocol/format/note.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { streamOf } from "../../support/bytes.ts";

const postgres = testPostgres();

let site: PageSite;
let line: FaultyLine;

beforeAll(async () => {
  site = await openPageSite(postgres);
});
afterAll(async () => {
  await site.remove();
});
beforeEach(async () => {
  line = await openFaultyLine(site.url);
});
afterEach(async () => {
  await line.close();
});

/** A tip of eight parts or so. */
async function sealed(): Promise<SealedTip> {
  const body = randomBytes(3_000_000);
  const now = Math.floor(Date.now() / 1000);
  return sealTip(
    {
      answers: { ...EMPTY_ANSWERS, narrative: "I saw it." },
      attachments: [{ name: "a", type: "", size: body.length, form: "original", open: () => streamOf(body, 100_000) }],
      thread: (await deriveKeys(newCodename())).thread,
      sequence: 0,
      reply: null,
      claim: null,
    },
    { program: epochAt(site.keys.program, now), rewards: epochAt(site.keys.rewards, now) },
  );
}

/** An upload that does not wait between tries: each pause is ended as it begins. */
async function upload(tip: SealedTip, patience = 60_000): Promise<{ receipt: string; waits: string[]; arrived: number[] }> {
  const nudges = new EventTarget();
  const waits: string[] = [];
  const arrived: number[] = [];
  const watch: UploadWatch = {
    arrived: (parts) => arrived.push(parts),
    waiting: (why) => {
      waits.push(why);
      setTimeout(() => nudges.dispatchEvent(new Event("now")), 1);
    },
    resumed: () => undefined,
  };
  const receipt = await uploadTip(tip, watch, { base: line.url, signal: new AbortController().signal, nudges, patience });
  return { receipt, waits, arrived };
}

/** Whether the store has exactly one tip more than before, with this commitment. */
async function arrivedOnce(tip: SealedTip): Promise<boolean> {
  const { commitment } = tip.finish();
  return (await site.received()).filter((received) => equal(received.commitment, commitment)).length === 1;
}

describe("over a good line", () => {
  it("sends each part once, asks nothing else, and returns the receipt for this tip", async () => {
    const tip = await sealed();
    const { receipt, waits, arrived } = await upload(tip);
    expect(waits).toEqual([]);
    expect(arrived).toEqual(Array.from({ length: tip.partCount }, (_, index) => index + 1));
    expect(line.seen.map(({ method }) => method)).toEqual([...Array<string>(tip.partCount).fill("PUT"), "POST"]);
    expect(equal(parseReceipt(parseNote(utf8(receipt)).text).commitment, tip.finish().commitment)).toBe(true);
    expect(await arrivedOnce(tip)).toBe(true);
  });
});

describe("over a line that breaks", () => {
  it("arrives once when every third request is lost", async () => {
    const tip = await sealed();
    line.decide((_, index) => (index % 3 === 0 ? "lost" : "pass"));
    const { waits } = await upload(tip);
    expect(new Set(waits)).toEqual(new Set(["offline"]));
    expect(await arrivedOnce(tip)).toBe(true);
  });

  it("does not send a part again whose answer was lost", async () => {
    const tip = await sealed();
    line.decide(({ method, path }, index) => (method === "PUT" && path.endsWith("/2") && index < 5 ? "answer-lost" : "pass"));
    await upload(tip);
    expect(line.seen.filter(({ method, path }) => method === "PUT" && path.endsWith("/parts/2")).length).toBe(1);
    expect(await arrivedOnce(tip)).toBe(true);
  });

  it("gets the same receipt when the answer to the last request was lost", async () => {
    const tip = await sealed();
    let lost = 0;
    line.decide(({ method }) => (method === "POST" && lost++ < 2 ? "answer-lost" : "pass"));
    await upload(tip);
    expect(line.seen.filter(({ method }) => method === "POST").length).toBe(3);
    expect(await arrivedOnce(tip)).toBe(true);
  });

  it("arrives once after thirty seconds offline in the middle of part 7, by itself, and sends no other part again", async () => {
    const tip = await sealed();
    const seven = (path: string): boolean => path.endsWith("/parts/7");
    let cutAt = 0;
    line.decide(({ method, path }) => {
      if (method !== "PUT" || !seven(path) || cutAt > 0) return "pass";
      cutAt = performance.now();
      return { cutAfter: 200_000, downFor: 30_000 };
    });
    const waits: string[] = [];
    let backAt = 0;
    const watch: UploadWatch = {
      arrived: (parts) => {
        if (parts === 7) backAt = performance.now();
      },
      waiting: (why) => waits.push(why),
      resumed: () => undefined,
    };
    const { signal } = new AbortController();
    await uploadTip(tip, watch, { base: line.url, signal, nudges: new EventTarget(), patience: 60_000 });
    expect(backAt - cutAt).toBeGreaterThanOrEqual(30_000);
    expect(line.turnedAway()).toBeGreaterThan(1);
    expect([...new Set(waits)]).toEqual(["offline"]);
    const puts = line.seen.filter(({ method }) => method === "PUT").map(({ path }) => Number(path.split("/").at(-1)));
    expect(puts).toEqual([1, 2, 3, 4, 5, 6, 7, ...Array.from({ length: tip.partCount - 6 }, (_, index) => index + 7)]);
    expect(await arrivedOnce(tip)).toBe(true);
  });

  it("gives up on a request that is never answered, and tries again", async () => {
    const tip = await sealed();
    line.decide((_, index) => (index === 2 ? "stalled" : "pass"));
    await upload(tip, 3_000);
    expect(await arrivedOnce(tip)).toBe(true);
  });

  it("waits for a server that is full or busy, and says which", async () => {
    const tip = await sealed();
    line.decide((_, index) => {
      if (index < 2) return { status: 503, error: "server-full", retryAfter: 1 };
      return index < 4 ? { status: 502, error: "" } : "pass";
    });
    const { waits } = await upload(tip);
    expect(waits).toEqual(["server-full", "server-full", "server-busy", "server-busy"]);
    expect(await arrivedOnce(tip)).toBe(true);
  });
});

describe("when the server will not have it", () => {
  it.each([
    [{ status: 413, error: "too-large" }, "too-large"],
    [{ status: 422, error: "part-out-of-range" }, "too-large"],
    [{ status: 422, error: "wrong-recipient" }, "refused"],
    [{ status: 404, error: "" }, "refused"],
  ] as const)("stops at %j", async (fate, reason) => {
    line.decide(() => fate);
    const error = await upload(await sealed()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UploadRefused);
    expect((error as UploadRefused).reason).toBe(reason);
    expect(line.seen.length).toBe(1);
  });

  it("asks for a new start when parts are gone or differ", async () => {
    line.decide(({ method }) => (method === "POST" ? { status: 409, error: "part-missing" } : "pass"));
    await expect(upload(await sealed())).rejects.toBeInstanceOf(UploadRestart);
  });
});

describe("when the witness stops it", () => {
  it.each(["while a request runs", "in a pause"])("ends at once %s and nothing is complete", async (moment) => {
    const before = (await site.received()).length;
    const controller = new AbortController();
    line.decide((_, index) => (index < 2 ? "pass" : moment === "in a pause" ? "lost" : "stalled"));
    const watch: UploadWatch = {
      arrived: (parts) => {
        if (parts === 2 && moment !== "in a pause")
          setTimeout(() => {
            controller.abort();
          }, 50);
      },
      waiting: () => {
        controller.abort();
      },
      resumed: () => undefined,
    };
    const ended = uploadTip(await sealed(), watch, {
      base: line.url,
      signal: controller.signal,
      nudges: new EventTarget(),
      patience: 60_000,
    });
    await expect(ended).rejects.toMatchObject({ name: "AbortError" });
    expect((await site.received()).length).toBe(before);
  });
});
