/**
 * What the page does in the world: gets and checks the keys, makes the twelve words, seals and hands on. Owns everything secret: the bits behind the words,
 * the files, the envelope in flight. All of it is in memory only, and gone with the page.
 */
import { codenameToWords, deriveKeys, newCodename } from "../protocol/crypto/codename.ts";
import { randomBelow, randomBytes } from "../protocol/crypto/random.ts";
import { type AttachmentSource, sealTip } from "../protocol/crypto/tip.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { Refusal } from "../protocol/errors.ts";
import type { ClaimProof } from "../protocol/format/claim.ts";
import { type Carrier, NotCarried, SealAnew } from "./carrier.ts";
import { answersOf, attachmentLabel } from "./compose/answers.ts";
import type { ChosenFile, Compose, Draft, FailureCode, Look, Progress } from "./compose/state.ts";
import type { lookInto } from "./files/desk.ts";
import { bytesOf, FileUnreadable } from "./file-bytes.ts";
import { epochsAt, type Keyring, openKeyring, type PinnedFingerprints } from "../protocol/crypto/keyring.ts";
import type { FilesText } from "./locales/locale.ts";
import type { StateListener, Store } from "./store.ts";

/** How often a tip is sealed anew because the server lost parts of it. */
const MOST_RESTARTS = 5;
const SECONDS_IN_A_DAY = 86_400;
/** Milliseconds for the part of the page that looks into files: some tens of kilobytes. */
const DESK_PATIENCE = 120_000;

/** What the view can ask for. */
export interface Session {
  /** Gets and checks the keys. Returns what is wrong, or `null`. */
  prepare(): Promise<FailureCode | null>;
  readonly listener: StateListener;
  /** Takes files, and looks into them. What is said of them is said in `words`. */
  chosen(files: readonly File[], words: FilesText): void;
  tryNow(): void;
  stop(): void;
  again(): void;
  /** The witness came back with the words of these bits and writes more; `proof`, if there is one, goes with it. Forgotten when the witness goes back. */
  returned(bits: Bytes, proof: ClaimProof | null): void;
  /** What may be saved after sending: a receipt, or the sealed file; `null` before. */
  keepsake(): Blob | null;
  /** Stops everything and forgets all secrets. */
  close(): void;
}

/** A session over a store; `store` is asked for late, since the store's listeners are part of the session. */
export function openSession(store: () => Store, pinned: PinnedFingerprints, carrier: Carrier): Session {
  let keyring: Keyring | null = null;
  let bits: Bytes | null = null;
  let proof: ClaimProof | null = null;
  let kept: Blob | null = null;
  let sending: AbortController | null = null;
  let nextFile = 1;
  const bodies = new Map<number, File>();
  const copies = new Map<number, Blob>();
  let looking = Promise.resolve();

  const codename = (): Bytes => (bits ??= newCodename());
  const forget = (): void => {
    bits = null;
    proof = null;
  };
  const fail = (code: FailureCode): void => {
    store().send({ type: "failed", code });
  };

  const prepare = async (): Promise<FailureCode | null> => {
    const keys = await carrier.keys();
    if (typeof keys === "string") return keys;
    try {
      const opened = await openKeyring(keys, pinned);
      const epochs = epochsAt(opened, nowSeconds());
      keyring = opened;
      return await tryOut(epochs.program);
    } catch (error) {
      if (error instanceof Refusal) return error.code === "clock-outside-epoch" ? "clock" : "keys-wrong";
      return "no-webcrypto";
    }
  };

  const makeWords = async (): Promise<void> => {
    const { list } = store().state();
    try {
      store().send({ type: "words-made", list, words: await codenameToWords(codename(), list) });
    } catch {
      fail("keys-unreachable");
    }
  };

  const sources = (files: readonly ChosenFile[]): AttachmentSource[] =>
    files.map(({ id, name, type, form }) => {
      const body = (form === "cleaned" ? copies : bodies).get(id);
      if (body === undefined) throw new Error("a chosen file has no body");
      return { ...attachmentLabel(name, type), size: body.size, form, open: () => bytesOf(body) };
    });

  /** One file after the other, so that no more than one is in memory in part. */
  const lookAt = async (id: number, file: File, words: FilesText): Promise<void> => {
    let look: Look = "not-looked";
    try {
      if (!bodies.has(id)) return;
      const desk = await openDesk();
      const { report, cleaned } = await desk.lookInto(file, words);
      if (cleaned !== null && bodies.has(id)) copies.set(id, cleaned);
      look = report;
    } catch {
      // It did not arrive.
    }
    if (bodies.has(id)) store().send({ type: "file-looked", id, look });
  };

  const sendTip = async (draft: Draft, signal: AbortSignal): Promise<Blob> => {
    const report = (progress: Progress): void => {
      signal.throwIfAborted();
      store().send({ type: "progress", progress });
    };
    const keys = await deriveKeys(codename());
    for (let restarts = 0; ; restarts++) {
      if (keyring === null) throw new Error("the form was open without keys");
      const sealed = await sealTip(
        {
          answers: answersOf(draft),
          attachments: sources(draft.files),
          thread: keys.thread,
          sequence: draft.returning === null ? 0 : Math.floor(nowSeconds() / SECONDS_IN_A_DAY),
          reply: draft.wantsReply ? { mailbox: keys.mailbox, key: keys.reply } : null,
          claim: draft.wantsClaim ? keys.claim.publicKey : null,
          proof: draft.wantsClaim ? proof : null,
        },
        epochsAt(keyring, nowSeconds()),
        (done, total, phase) => {
          if (phase === "reading") report({ phase, done, total, secondsLeft: null, waiting: null });
        },
      );
      try {
        return await carrier.bring(sealed, report, signal);
      } catch (error) {
        if (!(error instanceof SealAnew) || restarts >= MOST_RESTARTS) throw error;
      } finally {
        await sealed.parts.return();
      }
    }
  };

  const startSending = async (draft: Draft): Promise<void> => {
    const controller = new AbortController();
    sending = controller;
    try {
      const left = await sendTip(draft, controller.signal);
      controller.signal.throwIfAborted();
      kept = left;
      bodies.clear();
      copies.clear();
      forget();
      store().send({ type: "sent" });
    } catch (error) {
      if (!controller.signal.aborted) fail(failureOf(error));
    } finally {
      if (sending === controller) sending = null;
    }
  };

  return {
    prepare,
    listener: (state, before) => {
      if (state.step !== before.step) fetchAhead(state);
      if (state.step === "return" && before.step !== "return") forget();
      if (state.step === "words" && state.words === null && (before.step !== "words" || state.list !== before.list)) void makeWords();
      if (state.step === "check" && state.asked === null) store().send({ type: "words-asked", positions: twoPositions() });
      if (state.step === "sending" && before.step !== "sending") void startSending(state.draft);
      for (const id of bodies.keys()) {
        if (before.draft.files.some((file) => file.id === id) && !state.draft.files.some((file) => file.id === id)) {
          bodies.delete(id);
          copies.delete(id);
        }
      }
    },
    chosen: (files, words) => {
      const added = files.map((file) => {
        const id = nextFile++;
        bodies.set(id, file);
        return { id, name: file.name, type: file.type, size: file.size };
      });
      store().send({ type: "files-added", files: added });
      for (const { id } of added) {
        const file = bodies.get(id);
        if (file !== undefined) looking = looking.then(() => lookAt(id, file, words));
      }
    },
    tryNow: () => {
      carrier.tryNow();
    },
    stop: () => {
      sending?.abort();
      store().send({ type: "stopped" });
    },
    again: () => {
      void prepare().then((wrong) => {
        if (wrong !== null) {
          fail(wrong);
          return;
        }
        const { failedFrom } = store().state();
        store().send({ type: "back" });
        if (failedFrom === "review") store().send({ type: "send" });
      });
    },
    returned: (words, claimed) => {
      if (store().state().step !== "return") return;
      bits = words;
      proof = claimed;
      store().send({ type: "returned", proof: claimed !== null });
    },
    keepsake: () => kept,
    close: () => {
      sending?.abort();
      kept = null;
      bodies.clear();
      copies.clear();
      forget();
      keyring = null;
    },
  };
}

/** The device's clock, in Unix seconds. */
function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Two different positions of twelve, in order. */
function twoPositions(): [number, number] {
  const first = randomBelow(12);
  const second = (first + 1 + randomBelow(11)) % 12;
  return first < second ? [first, second] : [second, first];
}

/**
 * What looks into files is fetched by all as they pass by, so that nobody who watches the line can tell from it who chose some. What does not come now is asked for
 * again when it is needed. (The page's own list of words stands in the document; a witness who picks another one still asks for it.)
 */
function fetchAhead({ step }: Compose): void {
  if (step === "files") openDesk().catch(() => undefined);
}

/** Does once what sending will need, so that a browser that cannot is found before anybody has written a word. */
async function tryOut(epoch: { encryptSessionKey(sessionKey: Bytes): Promise<Bytes> }): Promise<FailureCode | null> {
  try {
    const { thread } = await deriveKeys(newCodename());
    await thread.sign(randomBytes(32));
    await epoch.encryptSessionKey(randomBytes(32));
    return null;
  } catch {
    return "no-webcrypto";
  }
}

/** The part of the page that looks into files. What does not come is asked for again next time. */
async function openDesk(): Promise<{ readonly lookInto: typeof lookInto }> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error("too late"));
  }, DESK_PATIENCE);
  try {
    return await Promise.race([import("./files/desk.ts"), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function failureOf(error: unknown): FailureCode {
  if (error instanceof NotCarried) return error.code;
  if (error instanceof SealAnew) return "refused";
  if (error instanceof FileUnreadable) return "file-unreadable";
  if (!(error instanceof Refusal)) return "unexpected";
  if (error.code === "too-large") return "too-large";
  if (error.code === "digest-mismatch") return "file-unreadable";
  return error.code === "clock-outside-epoch" ? "clock" : "unexpected";
}
