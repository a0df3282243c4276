/**
 * What the browser benchmark runs in a browser: the page's code on a chosen file, and the platform's encryption alone on as many bytes. Bundled as the page's
 * script is.
 */
import { bytesOf } from "../../src/page/file-bytes.ts";
import { asBytes, type Bytes, concat, u32, u64 } from "../../src/protocol/bytes.ts";
import { deriveKeys, newCodename } from "../../src/protocol/crypto/codename.ts";
import { type EpochKey, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { sealEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { sealTip } from "../../src/protocol/crypto/tip.ts";
import { EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";

const MIB = 1_048_576;

/** Functions that the benchmark calls in the page. */
export interface BenchPage {
  /** Takes both certificates, base64. */
  prepare(program: string, rewards: string): Promise<void>;
  /** The chosen file read in slices of 1 MiB, and each encrypted with AES-256-GCM. Nothing of ours. */
  readAndEncrypt(): Promise<void>;
  /** What making a tip cannot do without: the chosen file read twice, SHA-256 of as many bytes three times, AES-256-GCM once. Nothing of ours. */
  platformOfTip(): Promise<void>;
  /** The envelope around the chosen file. */
  envelope(): Promise<void>;
  /** The whole tip with the chosen file, as it is made for sending. */
  tip(): Promise<void>;
}

let program: EpochKey | undefined;
let rewards: EpochKey | undefined;

function chosen(): File {
  const file = (document.getElementById("file") as HTMLInputElement).files?.[0];
  if (file === undefined) throw new Error("no file was chosen");
  return file;
}

/** As people write it. */
async function* slicesOf(file: Blob): AsyncGenerator<Bytes, void, undefined> {
  for (let at = 0; at < file.size; at += MIB) yield new Uint8Array(await file.slice(at, at + MIB).arrayBuffer());
}

async function epochOf(certificate: string): Promise<EpochKey> {
  const bytes = asBytes(Uint8Array.from(atob(certificate), (letter) => letter.charCodeAt(0)));
  const [epoch] = (await openCertificate(bytes)).epochs;
  if (epoch === undefined) throw new Error("a certificate without an epoch");
  return epoch;
}

function newKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
}

function nonce(number: number): Bytes {
  return concat(u32(number), u64(0));
}

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) if (piece.length === 0) throw new Error("an empty piece");
}

const bench: BenchPage = {
  prepare: async (programBytes, rewardsBytes) => {
    program = await epochOf(programBytes);
    rewards = await epochOf(rewardsBytes);
  },
  readAndEncrypt: async () => {
    const key = await newKey();
    let pieces = 0;
    for await (const piece of slicesOf(chosen())) await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce(pieces++) }, key, piece);
  },
  platformOfTip: async () => {
    const key = await newKey();
    for await (const piece of slicesOf(chosen())) await crypto.subtle.digest("SHA-256", piece);
    let pieces = 0;
    for await (const piece of slicesOf(chosen())) {
      await crypto.subtle.digest("SHA-256", piece);
      await crypto.subtle.digest("SHA-256", await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce(pieces++) }, key, piece));
    }
  },
  envelope: async () => {
    if (program === undefined) throw new Error("not prepared");
    const file = chosen();
    await drain(sealEnvelope(bytesOf(file), file.size, program));
  },
  tip: async () => {
    if (program === undefined || rewards === undefined) throw new Error("not prepared");
    const file = chosen();
    const { thread } = await deriveKeys(newCodename());
    const source = { name: "file", type: "", size: file.size, form: "original" as const, open: () => bytesOf(file) };
    const answers = { ...EMPTY_ANSWERS, narrative: "A benchmark." };
    const sealed = await sealTip(
      { answers, attachments: [source], thread, sequence: 0, reply: null, claim: null, proof: null },
      { program, rewards },
    );
    await drain(sealed.parts);
    sealed.finish();
  },
};
Object.assign(globalThis, { bench });
