/** Builds the offline page: one HTML file with script, style, all languages and the keys of the coming weeks. */
import { createHash } from "node:crypto";
import { OFFLINE_PAGE } from "../page/document/carried.ts";
import { formatOffline } from "../page/document/offline.ts";
import type { Pinned } from "../page/document/document.ts";
import { LANGUAGES } from "../page/locales/languages.ts";
import { type Bytes, concat } from "../protocol/bytes.ts";
import { openCertificate, trimCertificate } from "../protocol/crypto/certificate.ts";
import { toBase64 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import type { Program } from "../protocol/format/program.ts";
import { formatDate, parseDate, SECONDS_A_DAY } from "../protocol/format/date.ts";
import { bundleScript } from "./bundle.ts";
import { wordLists } from "./word-lists.ts";

/** Where the offline page is below the built page. */
export const OFFLINE_PATH = OFFLINE_PAGE.slice(1);

/** How long a saved file is of use, whenever it was saved. */
const WEEKS = 8;

/** What it is built from. */
export interface OfflineParts {
  readonly pinned: Pinned;
  readonly demo: boolean;
  readonly style: string;
  readonly configured: Program | null;
  /** Whole certificates, binary. */
  readonly program: Bytes;
  readonly rewards: Bytes;
  /** A day of the first epoch that goes in, `YYYY-MM-DD`; every day of an epoch gives the same file. */
  readonly today: string;
}

/** The file's text. @throws {Refusal} `no-epoch` if a certificate has none in the coming weeks, `bad-certificate`. */
export async function buildOffline({ pinned, demo, style, configured, program, rewards, today }: OfflineParts): Promise<string> {
  const script = await bundleScript("src/page/offline/main.ts", { parts: true });
  const coming = [await comingEpochs(program, today), await comingEpochs(rewards, today)];
  return formatOffline(LANGUAGES, {
    pinned,
    demo,
    program: configured,
    lists: await wordLists(),
    script: script.text,
    style,
    hashes: { script: hashOf(script.text), style: hashOf(style) },
    keys: toBase64(concat(...coming.map(({ trimmed }) => trimmed))),
    until: formatDate(Math.floor(Math.min(...coming.map(({ until }) => until)) / SECONDS_A_DAY)),
  });
}

/** A certificate with only its current epoch and the {@link WEEKS} after it, and the first second after them. */
async function comingEpochs(certificate: Bytes, today: string): Promise<{ trimmed: Bytes; until: number }> {
  const { epochs } = await openCertificate(certificate);
  const coming = epochs.filter(({ to }) => to > parseDate(today) * SECONDS_A_DAY).slice(0, WEEKS + 1);
  const last = coming.at(-1);
  if (last === undefined) throw new Refusal("no-epoch");
  const fingerprints = coming.map(({ fingerprint }) => fingerprint);
  return { trimmed: await trimCertificate(certificate, fingerprints), until: last.to };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
