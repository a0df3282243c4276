/**
 * Entry of the witness's page. First looks whether this browser can encrypt at all: the OpenPGP library throws as soon as it is loaded where WebCrypto is
 * missing, so the part that needs it is imported only after that.
 */
import { openingState, WORD_LISTS } from "./compose/state.ts";
import { VOCABULARY } from "../protocol/format/vocabulary.ts";
import type { Session } from "./session.ts";
import { openStore, type Store } from "./store.ts";
import { byId } from "./view/dom.ts";
import { clearDocument, openForm, openView, readPageData, showWaiting } from "./view/view.ts";

async function main(): Promise<void> {
  const data = readPageData();
  const language = VOCABULARY.language.find((tag) => tag === document.documentElement.lang) ?? "en";
  const chosenList = byId("list", HTMLSelectElement).value;
  const opening = openingState(language, WORD_LISTS.find((list) => list === chosenList) ?? "english");
  let session: Session | null = null;

  const leave = (): void => {
    session?.close();
    store.forget();
    clearDocument();
    location.replace("about:blank");
  };
  const render = openView(
    (event) => {
      store.send(event);
    },
    {
      chosen: (files) => session?.chosen(files),
      tryNow: () => session?.tryNow(),
      stop: () => session?.stop(),
      again: () => {
        if (session === null) location.reload();
        else session.again();
      },
      saveReceipt: (name) => {
        saveText(name, store.state().receipt ?? "");
      },
      leave,
    },
    data,
  );
  const store: Store = openStore(opening, [render, (state, before) => session?.listener(state, before)]);
  render(opening, opening);
  showWaiting();

  // A page that comes back from the browser's memory would show what was cleared when it went.
  addEventListener("pagehide", () => {
    session?.close();
    clearDocument();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  if (!isSecureContext) {
    store.send({ type: "failed", code: "not-secure" });
    return;
  }
  // Absent in old browsers, whatever the types say.
  if ((crypto.subtle as SubtleCrypto | undefined) === undefined) {
    store.send({ type: "failed", code: "no-webcrypto" });
    return;
  }
  try {
    const { openSession } = await import("./session.ts");
    session = openSession(() => store, data.pinned);
  } catch {
    store.send({ type: "failed", code: "no-webcrypto" });
    return;
  }
  const wrong = await session.prepare();
  openForm();
  if (wrong !== null) store.send({ type: "failed", code: wrong });
}

/** Offers a text as a file to save. */
function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}

void main();
