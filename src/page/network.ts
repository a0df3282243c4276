/** The way over the network: keys from `/keys.pgp`, tips to `/tips/…`, and a receipt for each. */
import { type Bytes, equal } from "../protocol/bytes.ts";
import { openReceipt, type ReceiptKey } from "../protocol/crypto/receipt.ts";
import type { SealedTip } from "../protocol/crypto/tip.ts";
import { utf8 } from "../protocol/encoding.ts";
import { type Carrier, NotCarried, SealAnew } from "./carrier.ts";
import type { FailureCode, Progress } from "./compose/state.ts";
import { EstimateOfTime } from "./upload/estimate.ts";
import { PATIENCE, UploadRefused, UploadRestart, uploadTip } from "./upload/upload.ts";

/** Milliseconds for the keys: a few kilobytes. */
const KEYS_PATIENCE = 120_000;
const KEYS_LIMIT = 65_536;

/** The network of this page's site. `log` is the key that signs its receipts. */
export function openNetwork(log: ReceiptKey): Carrier {
  const nudges = new EventTarget();

  const bring = async (sealed: SealedTip, report: (progress: Progress) => void, signal: AbortSignal): Promise<Blob> => {
    const total = sealed.partCount;
    const estimate = new EstimateOfTime(total, performance.now());
    let progress: Progress = { phase: "sending", done: 0, total, secondsLeft: null, waiting: null };
    const change = (changed: Partial<Progress>): void => {
      progress = { ...progress, ...changed };
      report(progress);
    };
    change({});
    const watch = {
      arrived: (done: number) => {
        change({
          phase: done === total ? "finishing" : "sending",
          done,
          secondsLeft: estimate.after(done, performance.now()),
          waiting: null,
        });
      },
      waiting: (why: "offline" | "server-full" | "server-busy", seconds: number) => {
        change({ waiting: { why, seconds } });
      },
      resumed: () => {
        change({ waiting: null });
      },
    };
    const receipt = await uploadTip(sealed, watch, { base: "", signal, nudges, patience: PATIENCE });
    await checkReceipt(receipt, sealed.finish().commitment, log);
    return new Blob([receipt], { type: "text/plain" });
  };

  return {
    keys: fetchKeys,
    bring: async (sealed, report, signal) => {
      try {
        return await bring(sealed, report, signal);
      } catch (error) {
        if (error instanceof UploadRestart) throw new SealAnew();
        throw error instanceof UploadRefused ? new NotCarried(error.reason) : error;
      }
    },
    tryNow: () => {
      nudges.dispatchEvent(new Event("now"));
    },
  };
}

async function fetchKeys(): Promise<Bytes | FailureCode> {
  try {
    const response = await fetch("/keys.pgp", {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(KEYS_PATIENCE),
    });
    // 422: the certificate has run out, and there is no key of today.
    if (response.status === 404 || response.status === 422) return "keys-missing";
    if (!response.ok) return "keys-unreachable";
    const bytes = new Uint8Array(await response.arrayBuffer());
    return bytes.length > KEYS_LIMIT ? "keys-wrong" : bytes;
  } catch {
    return "keys-unreachable";
  }
}

/** A receipt that the log's key did not sign proves nothing to anybody, and so it is none. */
async function checkReceipt(note: string, commitment: Bytes, log: ReceiptKey): Promise<void> {
  try {
    const receipt = await openReceipt(utf8(note), log);
    if (equal(receipt.commitment, commitment)) return;
  } catch {
    throw new NotCarried("receipt-wrong");
  }
  throw new NotCarried("receipt-wrong");
}
