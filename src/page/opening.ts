/**
 * The first thing that runs: connects the document's controls, then looks whether this browser can encrypt at all.
 *
 * The OpenPGP library throws as soon as it is loaded where WebCrypto is missing, and with it the rest of the script. So this module reaches nothing of it and
 * is imported before everything that does: when the library throws, the page already says what is wrong, and "Leave now" works.
 */
import { VOCABULARY } from "../protocol/format/vocabulary.ts";
import { openingState, WORD_LISTS } from "./compose/state.ts";
import type { PageData } from "./document/document.ts";
import type { Session } from "./session.ts";
import { openStore, type Store } from "./store.ts";
import { byId } from "./view/dom.ts";
import { clearDocument, openView, readPageData } from "./view/view.ts";

/** The page, drawn and listening, before it has a session. */
export interface OpenPage {
  readonly data: PageData;
  readonly store: Store;
  /** Hands the page its session. */
  use(session: Session): void;
}

function openPage(): OpenPage {
  const data = readPageData();
  const language = VOCABULARY.language.find((tag) => tag === document.documentElement.lang) ?? "en";
  const chosenList = byId("list", HTMLSelectElement).value;
  const opening = openingState(language, WORD_LISTS.find((list) => list === chosenList) ?? "english");
  let session: Session | null = null;

  const render = openView(
    (event) => {
      store.send(event);
    },
    {
      chosen: (files) => session?.chosen(files, data.files),
      tryNow: () => session?.tryNow(),
      stop: () => session?.stop(),
      again: () => {
        if (session === null) location.reload();
        else session.again();
      },
      save: (name) => {
        const kept = session?.keepsake() ?? null;
        if (kept !== null) save(name, kept);
      },
      leave: () => {
        session?.close();
        store.forget();
        clearDocument();
        location.replace("about:blank");
      },
    },
    data,
  );
  const store: Store = openStore(opening, [render, (state, before) => session?.listener(state, before)]);
  render(opening, opening);

  // A page that comes back from the browser's memory would show what was cleared when it went.
  addEventListener("pagehide", () => {
    session?.close();
    clearDocument();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  // What this browser cannot load or run, it cannot encrypt with.
  addEventListener("error", () => {
    if (session === null && store.state().step !== "failed") store.send({ type: "failed", code: "no-webcrypto" });
  });
  return {
    data,
    store,
    use: (opened) => {
      session = opened;
    },
  };
}

/** Offers a file to save. */
function save(name: string, body: Blob): void {
  const url = URL.createObjectURL(body);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}

/** Whether the browser lets this page encrypt; if not, the page says so. */
function canEncrypt({ store }: OpenPage): boolean {
  // Absent in old browsers and on connections that are not trusted, whatever the types say.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (isSecureContext && subtle !== undefined) return true;
  store.send({ type: "failed", code: isSecureContext ? "no-webcrypto" : "not-secure" });
  return false;
}

/** The page of this document. */
export const page: OpenPage = openPage();

/** Whether anything further makes sense. */
export const usable: boolean = canEncrypt(page);
