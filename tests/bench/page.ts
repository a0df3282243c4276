/**
 * What a browser fetches before a tip can be written and sent, compressed, with every language's page and the certificates, beside the budget and beside what peers'
 * pages weigh (their figures as measured for the design; kB of 1,000 bytes).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildPage, type BuiltFile } from "../../src/build/page.ts";
import { generateCertificate, openCertificate, trimCertificate } from "../../src/protocol/crypto/certificate.ts";
import type { Result } from "./target.ts";

/** Epochs that the server gives out at once most of the time: the current, the one before and the next. */
const EPOCHS_SERVED = 3;

const BUDGET = { kilobytes: 120, requests: 4 };
const PEERS = [
  { name: "SecureDrop", kilobytes: 113, requests: 14 },
  { name: "OnionShare", kilobytes: 131, requests: 7 },
  { name: "Hush Line", kilobytes: 745, requests: 15 },
];

/** Weight and requests of the heaviest language. */
export async function benchPage(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-bench-"));
  try {
    const { files } = await buildPage({
      programFingerprint: "0".repeat(64),
      rewardsFingerprint: "0".repeat(64),
      origin: "bench",
      demo: false,
      outDir: folder,
    });
    const fetched = heaviest(files);
    const value = (fetched.reduce((sum, { gzip }) => sum + gzip, 0) + (await certificatesGzipped())) / 1000;
    const requests = fetched.length + 1;
    const unit = "kB";
    return [
      {
        name: `weight of ${fetched.map(({ path }) => path).join(", ")} and keys.pgp`,
        value,
        unit,
        baseline: { name: "budget", value: BUDGET.kilobytes },
        target: { ratio: 1, aim: "at-most" },
      },
      {
        name: "requests",
        value: requests,
        unit: "requests",
        baseline: { name: "budget", value: BUDGET.requests },
        target: { ratio: 1, aim: "at-most" },
      },
      ...PEERS.map((peer): Result => {
        return {
          name: `weight beside ${peer.name} (${String(peer.requests)} requests)`,
          value,
          unit,
          baseline: { name: peer.name, value: peer.kilobytes },
          target: { ratio: 1.1, aim: "at-most" },
        };
      }),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The page that weighs most, with the script and the style that every page has. */
function heaviest(files: readonly BuiltFile[]): BuiltFile[] {
  const shared = files.filter(({ path }) => path === "assets/page.js" || path === "assets/page.css");
  const [document] = files.filter(({ path }) => /^[^/]+\/index\.html$/.test(path)).toSorted((one, other) => other.gzip - one.gzip);
  if (document === undefined || shared.length !== 2) throw new Error("the build has other files than this benchmark knows");
  return [document, ...shared];
}

async function certificatesGzipped(): Promise<number> {
  const start = 1_795_478_400;
  const trimmed = await Promise.all(
    (["program", "rewards"] as const).map(async (purpose) => {
      const { publicBytes } = await generateCertificate({ purpose, start, epochs: EPOCHS_SERVED });
      const { epochs } = await openCertificate(publicBytes);
      return trimCertificate(
        publicBytes,
        epochs.map(({ fingerprint }) => fingerprint),
      );
    }),
  );
  return gzipSync(Buffer.concat(trimmed)).length;
}
