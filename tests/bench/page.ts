/**
 * What a browser fetches before a tip can be written and sent, compressed, with every language's page and the certificates, beside the budget and beside what peers'
 * pages weigh (their figures as measured for the design; kB of 1,000 bytes). A second figure has what is fetched meanwhile by every witness.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildPage, type BuiltFile } from "../../src/build/page.ts";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { generateCertificate, openCertificate, trimCertificate } from "../../src/protocol/crypto/certificate.ts";
import { noteSigner } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { formatDate } from "../../src/protocol/format/date.ts";
import type { Result } from "./target.ts";

/** Epochs that the server gives out at once most of the time: the current, the one before and the next. */
const EPOCHS_SERVED = 3;

/** Midnight of a day, in seconds. */
const START = 1_795_478_400;

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
    const [program, rewards] = await Promise.all([certificate("program"), certificate("rewards")]);
    const { files } = await buildPage({
      programFingerprint: program.fingerprint,
      rewardsFingerprint: rewards.fingerprint,
      program: program.publicBytes,
      rewards: rewards.publicBytes,
      today: formatDate(START / 86_400),
      log: (await noteSigner("bench", randomBytes(32))).vkey.text,
      demo: false,
      outDir: folder,
    });
    const fetched = heaviest(files);
    const value =
      (fetched.reduce((sum, { gzip }) => sum + gzip, 0) +
        gzipSync(Buffer.concat([await trimmed(program.publicBytes), await trimmed(rewards.publicBytes)])).length) /
      1000;
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
      {
        name: "weight with what every witness fetches while writing (files.js, the page's own list of words)",
        value: value + passing(files) / 1000,
        unit,
        baseline: { name: "budget", value: BUDGET.kilobytes },
        target: { ratio: 1, aim: "at-most" },
      },
      ...PEERS.map((peer): Result => {
        return {
          name: `weight beside ${peer.name} (${String(peer.requests)} requests)`,
          value,
          unit,
          baseline: { name: peer.name, value: peer.kilobytes },
          target: { ratio: 1, aim: "at-most" },
        };
      }),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compressed octets that no witness waits for, but all fetch: asking for them only when they are used would tell who uses them. */
function passing(files: readonly BuiltFile[]): number {
  const fetched = files.filter(({ path }) => path === "assets/files.js" || path === "assets/words-simplified-chinese.js");
  if (fetched.length !== 2) throw new Error("the build has other files than this benchmark knows");
  return fetched.reduce((sum, { gzip }) => sum + gzip, 0);
}

/** The page that weighs most, with the script and the style that every page has. */
function heaviest(files: readonly BuiltFile[]): BuiltFile[] {
  const shared = files.filter(({ path }) => path === "assets/page.js" || path === "assets/page.css");
  const [document] = files.filter(({ path }) => /^[^/]+\/index\.html$/.test(path)).toSorted((one, other) => other.gzip - one.gzip);
  if (document === undefined || shared.length !== 2) throw new Error("the build has other files than this benchmark knows");
  return [document, ...shared];
}

function certificate(purpose: "program" | "rewards"): Promise<{ publicBytes: Bytes; fingerprint: string }> {
  return generateCertificate({ purpose, start: START, epochs: 52 });
}

/** What the server gives out of a certificate. */
async function trimmed(publicBytes: Bytes): Promise<Bytes> {
  const { epochs } = await openCertificate(publicBytes);
  return trimCertificate(
    publicBytes,
    epochs.slice(0, EPOCHS_SERVED).map(({ fingerprint }) => fingerprint),
  );
}
