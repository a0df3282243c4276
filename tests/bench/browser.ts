/**
 * Sealing in real browsers: processor time of all of a browser's processes against the platform's own functions on the same file in the same browser, and the
 * most memory for a large file against a small one.
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { bundleScript } from "../../src/build/bundle.ts";
import { generateCertificate } from "../../src/protocol/crypto/certificate.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { type BrowserName, BROWSERS, openBrowser } from "../support/browser.ts";
import type { BenchPage } from "./browser-page.ts";
import { treeOf } from "./processor.ts";
import type { Result } from "./target.ts";

const MIB = 1_048_576;
const AMOUNT = 64;
const SMALL = 50;
const LARGE = 500;
const ROUNDS = 5;
/** Milliseconds between two looks at memory. */
const EACH = 25;

type Work = Exclude<keyof BenchPage, "prepare">;

/** Median processor seconds and peaks, in both browsers. */
export async function benchBrowser(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "fh-bench-"));
  const script = await bundleScript("tests/bench/browser-page.ts", { parts: true });
  const server = createServer((request, response) => {
    const isScript = request.url === "/script.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script.text : '<!doctype html><script type="module" src="/script.js"></script><input type="file" id="file">');
  });
  try {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
    const files = new Map<number, string>();
    for (const size of [AMOUNT, SMALL, LARGE]) files.set(size, await writeRandom(folder, size));
    const results: Result[] = [];
    for (const name of BROWSERS) results.push(...(await benchIn(name, address, files)));
    return results;
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchIn(name: BrowserName, address: string, files: ReadonlyMap<number, string>): Promise<Result[]> {
  const browser = await openBrowser(name);
  try {
    const page = await browser.newPage();
    await page.goto(address);
    await page.waitForFunction(() => "bench" in globalThis);
    const [program, rewards] = await Promise.all((["program", "rewards"] as const).map(certificateOf));
    await page.evaluate((...both) => (Reflect.get(globalThis, "bench") as BenchPage).prepare(...both), program ?? "", rewards ?? "");

    await choose(page, files.get(AMOUNT) ?? "");
    const spent: Record<Work, number[]> = { readAndEncrypt: [], platformOfTip: [], envelope: [], tip: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const work of Object.keys(spent) as Work[]) {
        const before = await treeOf(browser.pid);
        await run(page, work);
        spent[work].push((await treeOf(browser.pid)).seconds - before.seconds);
      }
    }

    // The first time counts no more than the others: what it leaves behind is there for both.
    const peaks: number[] = [];
    for (const size of [SMALL, SMALL, LARGE]) {
      await choose(page, files.get(size) ?? "");
      peaks.push(await peakOf(browser.pid, run(page, "tip")));
    }
    const [, small = Number.NaN, large = Number.NaN] = peaks;
    return [
      {
        name: `encrypt a file of ${String(AMOUNT)} MiB in ${name}`,
        value: median(spent.envelope),
        unit: "CPU-s",
        baseline: { name: "the file read and given to WebCrypto AES-256-GCM", value: median(spent.readAndEncrypt) },
        target: { ratio: 1.4, aim: "at-most" },
      },
      {
        name: `the whole tip with it in ${name}: two readings, digests, archive, envelope, commitment`,
        value: median(spent.tip),
        unit: "CPU-s",
        baseline: { name: "the file read twice, three times SHA-256, once AES-256-GCM", value: median(spent.platformOfTip) },
        target: { ratio: 1.4, aim: "at-most" },
      },
      {
        name: `most memory for a tip of ${String(LARGE)} MiB in ${name}, all processes`,
        value: large / MIB,
        unit: "MiB",
        baseline: { name: `for one of ${String(SMALL)} MiB`, value: small / MIB },
        target: { ratio: 1.5, aim: "at-most" },
        growth: {
          title: `memory of ${name}`,
          of: "MiB in the tip",
          unit: "MiB",
          points: [
            { size: SMALL, value: small / MIB },
            { size: LARGE, value: large / MIB },
          ],
        },
      },
    ];
  } finally {
    await browser.close();
  }
}

async function writeRandom(folder: string, mebibytes: number): Promise<string> {
  const path = join(folder, String(mebibytes));
  const file = await open(path, "wx");
  try {
    for (let written = 0; written < mebibytes; written++) await file.write(randomBytes(MIB));
  } finally {
    await file.close();
  }
  return path;
}

async function certificateOf(purpose: "program" | "rewards"): Promise<string> {
  const { publicBytes } = await generateCertificate({ purpose, start: 1_795_478_400, epochs: 1 });
  return Buffer.from(publicBytes).toString("base64");
}

async function choose(page: Page, path: string): Promise<void> {
  const input = await page.$("input#file");
  await input?.uploadFile(path);
}

async function run(page: Page, work: Work): Promise<void> {
  await page.evaluate((name) => (Reflect.get(globalThis, "bench") as BenchPage)[name](), work);
}

/** The most resident octets of a tree of processes until `work` is done. */
async function peakOf(root: number, work: Promise<void>): Promise<number> {
  let peak = 0;
  const running = { done: false };
  const ended = work.finally(() => (running.done = true));
  while (!running.done) {
    peak = Math.max(peak, (await treeOf(root)).resident);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, EACH))]);
  }
  await ended;
  return peak;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
