/**
 * A witness comes back: entry of `return.js`, which the page loads when it is asked for. Owns the bits behind the typed words and the replies, in memory only,
 * and hands the bits over to the form when the witness writes more.
 */
import { challengeDigest, signClaimProof } from "../../protocol/crypto/claim.ts";
import { deriveKeys, wordsOf, wordsToCodename } from "../../protocol/crypto/codename.ts";
import type { Bytes } from "../../protocol/bytes.ts";
import { formatVkey } from "../../protocol/crypto/note.ts";
import type { ReceivedReply } from "../../protocol/crypto/reply.ts";
import { fromBase64, toHex } from "../../protocol/encoding.ts";
import type { ClaimProof } from "../../protocol/format/claim.ts";
import { dueOf, openingReturn, type ReceivedText, type ReturnEvent, type Returning, updateReturn } from "../compose/return.ts";
import type { WordListName } from "../compose/state.ts";
import type { PinnedLog } from "../document/document.ts";
import type { ReturnText } from "../locales/locale.ts";
import { type Store, storeOf } from "../store.ts";
import { openReturnView, type ReturnPlace, type ReturnWords } from "../view/return.ts";
import { askMailbox } from "./mailbox.ts";
import { openReceiptDesk } from "./receipt.ts";

/** Milliseconds for an exchange of 18 kB on a line of about 0.1 kB/s. */
const PATIENCE = 180_000;
/** Milliseconds for the words of this part in one language: a few kilobytes. */
const TEXT_PATIENCE = 120_000;

/** What the page gives and takes. */
export interface ReturnDoor {
  readonly place: ReturnPlace;
  readonly words: Omit<ReturnWords, "text">;
  /** The page's language. */
  readonly language: string;
  /** Key of the log: it signs receipts. */
  readonly log: PinnedLog;
  /** The list that is offered first. */
  readonly list: WordListName;
  /** Takes the bits behind the words, and the proof that the witness wants to send. */
  readonly write: (bits: Bytes, proof: ClaimProof | null) => void;
  readonly leave: () => void;
  /** Stops everything, and all secrets are forgotten. */
  readonly signal: AbortSignal;
}

/** The open return. */
export interface ReturnRoom {
  /** The witness is back from the form, to read once more. */
  resumed(): void;
}

/** Draws the first step and goes on from there. @throws if its words do not come, or `signal` ends it before. */
export async function openReturn({ place, words, language, log, list, write, leave, signal }: ReturnDoor): Promise<ReturnRoom> {
  const text = await fetchText(language, signal);
  const nudges = new EventTarget();
  const received = new Map<string, ReceivedReply>();
  let bits: Bytes | null = null;
  let exchange: AbortController | null = null;

  const loadList = async (wanted: WordListName): Promise<void> => {
    try {
      store.send({ type: "list-loaded", list: wanted, words: await wordsOf(wanted) });
    } catch {
      store.send({ type: "list-failed", list: wanted });
    }
  };

  const ask = async (codename: Bytes, read: readonly Bytes[]): Promise<void> => {
    const own = new AbortController();
    exchange = own;
    const tell = (event: ReturnEvent): void => {
      if (!own.signal.aborted && !signal.aborted) store.send(event);
    };
    try {
      const replies = await askMailbox(
        await deriveKeys(codename),
        read,
        {
          waiting: (why, seconds) => {
            tell({ type: "paused", pause: { why: why === "offline" ? "offline" : "busy", seconds } });
          },
          resumed: () => {
            tell({ type: "paused", pause: null });
          },
        },
        { base: "", signal: AbortSignal.any([own.signal, signal]), nudges, patience: PATIENCE },
      );
      tell({ type: "answered", replies: replies.map(keep) });
    } catch {
      tell({ type: "refused" });
    }
  };

  const keep = (reply: ReceivedReply): ReceivedText => {
    const id = toHex(reply.hash);
    received.set(id, reply);
    return { id, date: reply.reply.date, text: reply.reply.text, challenge: reply.reply.challenge?.program ?? null };
  };

  const open = async ({ entered, list: chosen }: Returning): Promise<void> => {
    try {
      bits = await wordsToCodename(entered, chosen);
    } catch {
      store.send({ type: "do-not-belong" });
      return;
    }
    await ask(bits, []);
  };

  const act = (state: Returning, before: Returning): void => {
    if (state.phase === "words" && (state.list !== before.list || before.problem === "list-unreachable") && state.index === null) {
      if (state.problem === null) void loadList(state.list);
    }
    if (state.phase === before.phase) return;
    if (before.phase === "finishing") exchange?.abort();
    if (before.phase === "receipt") desk.stop();
    if (state.phase === "asking") void open(state);
    if (bits === null) return;
    if (state.phase === "finishing") void ask(bits, hashesOf(dueOf(state)));
    if (state.phase === "writing") void handOver(bits, state.proof);
  };

  const handOver = async (codename: Bytes, proof: string | null): Promise<void> => {
    const { challenge = null, date = "" } = (proof === null ? null : received.get(proof)?.reply) ?? {};
    const signed = challenge === null ? null : await signClaimProof((await deriveKeys(codename)).claim, challengeDigest(challenge, date));
    if (!signal.aborted) write(codename, signed);
  };

  const hashesOf = (ids: readonly string[]): Bytes[] => ids.flatMap((id) => received.get(id)?.hash ?? []);

  const desk = openReceiptDesk({
    log: formatVkey(log.name, fromBase64(log.key)),
    text,
    live: words.live,
    back: () => {
      store.send({ type: "receipt", open: false });
    },
    signal,
  });
  const draw = openReturnView(
    place,
    { ...words, text },
    desk,
    (event) => {
      store.send(event);
    },
    {
      now: () => {
        const { phase, list: chosen } = store.state();
        if (phase === "words") store.send({ type: "list-chosen", list: chosen });
        else nudges.dispatchEvent(new Event("now"));
      },
      leave,
    },
  );
  const opening = openingReturn(list);
  const store: Store<Returning, ReturnEvent> = storeOf(opening, updateReturn, [draw, act]);
  draw(opening, opening);
  void loadList(list);

  signal.addEventListener("abort", () => {
    store.forget();
    received.clear();
    bits = null;
  });
  return {
    resumed: () => {
      store.send({ type: "resumed" });
    },
  };
}

async function fetchText(language: string, signal: AbortSignal): Promise<ReturnText> {
  const response = await fetch(`/assets/return-${language}.json`, {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TEXT_PATIENCE)]),
  });
  if (!response.ok) throw new Error("the words did not come");
  return (await response.json()) as ReturnText;
}
