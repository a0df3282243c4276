/**
 * What a browser fetches before a tip can be written and sent, compressed, in each language: document with its list of words, style, script and certificates; beside
 * the budget and beside what peers' pages weigh (their figures as measured for the design; kB of 1,000 bytes). Another figure has what is fetched meanwhile by
 * every witness. That there are no other requests is what `tests/page/browser/wire.test.ts` sees.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildPage, type BuiltFile } from "../../src/build/page.ts";
import { LANGUAGES } from "../../src/page/locales/languages.ts";
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

/** Document, style, script, keys. */
const REQUESTS = 4;
const BUDGET = { kilobytes: 120, requests: 4 };
const PEERS = [
  { name: "SecureDrop", kilobytes: 113, requests: 14 },
  { name: "OnionShare", kilobytes: 131, requests: 7 },
  { name: "Hush Line", kilobytes: 745, requests: 15 },
];

/** Weight and requests in each language. */
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
      configured: null,
      outDir: folder,
    });
    const keys = gzipSync(Buffer.concat([await trimmed(program.publicBytes), await trimmed(rewards.publicBytes)])).length;
    const shared = sizeOf(files, ["assets/page.css", "assets/page.js"]) + keys;
    const languages = LANGUAGES.map(({ tag }) => ({ tag, value: (shared + sizeOf(files, [`${tag}/index.html`])) / 1000 }));
    const { tag, value } = languages.reduce((one, other) => (other.value > one.value ? other : one));
    const unit = "kB";
    const budget = { baseline: { name: "budget", value: BUDGET.kilobytes }, target: { ratio: 1, aim: "at-most" } } as const;
    return [
      ...languages.map((language): Result => {
        return {
          name: `weight in ${language.tag}: document with its list of words, page.css, page.js, keys.pgp`,
          value: language.value,
          unit,
          ...budget,
        };
      }),
      {
        name: "requests, in every language",
        value: REQUESTS,
        unit: "requests",
        baseline: { name: "budget", value: BUDGET.requests },
        target: { ratio: 1, aim: "at-most" },
      },
      {
        name: `weight of the heaviest (${tag}) with what every witness fetches while writing (files.js)`,
        value: value + sizeOf(files, ["assets/files.js"]) / 1000,
        unit,
        ...budget,
      },
      ...PEERS.map((peer): Result => {
        return {
          name: `weight of the heaviest (${tag}) beside ${peer.name} (${String(peer.requests)} requests)`,
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

/** Compressed octets of files of the page, all of which must be there. */
function sizeOf(files: readonly BuiltFile[], paths: readonly string[]): number {
  const found = files.filter(({ path }) => paths.includes(path));
  if (found.length !== paths.length) throw new Error("the build has other files than this benchmark knows");
  return found.reduce((sum, { gzip }) => sum + gzip, 0);
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
