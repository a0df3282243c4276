/**
 * The way in for a witness who has been here before. Only this much of it is in the page's script; the rest, `return.js` and its words, is loaded when it is wanted:
 * nobody needs it to write and send a tip.
 */
import type { ReturnText } from "../locales/locale.ts";
import type { OpenPage } from "../opening.ts";
import type { Session } from "../session.ts";
import { byId } from "../view/dom.ts";
import type { ReturnRoom } from "./open.ts";

/** Milliseconds for the words: a few kilobytes. */
const PATIENCE = 120_000;

/** `session`, and behind the button of the first page the way back. */
export function withReturn(session: Session, { store, data: { live } }: OpenPage): Session {
  const host = byId("return", HTMLElement);
  const back = byId("return-back", HTMLElement);
  const ways = back.parentElement;
  const loading = [...host.childNodes];
  let room: ReturnRoom | null = null;
  let visit = 0;

  const open = async (): Promise<void> => {
    const mine = ++visit;
    try {
      const [{ openReturn }, text] = await Promise.all([import("./open.ts"), fetchText(document.documentElement.lang)]);
      if (mine !== visit || store.state().step !== "return") return;
      const lists = [...byId("list", HTMLSelectElement).options].map(({ value, text: name }) => ({ list: value, name }));
      room = openReturn({
        place: { host, ways: ways ?? host, back, lists },
        words: { text, live, leave: byId("leave-done", HTMLElement).textContent },
        list: store.state().list,
        write: (bits, challenge) => {
          session.returned(bits, challenge);
        },
        leave: () => {
          byId("leave", HTMLElement).click();
        },
      });
    } catch {
      if (mine !== visit) return;
      host.replaceChildren();
      store.send({ type: "return-failed" });
    }
  };
  const close = (): void => {
    room?.close();
    room = null;
    visit++;
    host.replaceChildren(...loading);
    ways?.replaceChildren(back);
  };

  byId("come-back", HTMLElement).addEventListener("click", () => {
    store.send({ type: "come-back" });
  });
  return {
    ...session,
    listener: (state, before) => {
      session.listener(state, before);
      if (state.step === before.step) return;
      if (state.step !== "return") {
        if (state.draft.returning === null) close();
      } else if (room === null) void open();
      else room.resumed();
    },
    close: () => {
      session.close();
      close();
    },
  };
}

async function fetchText(language: string): Promise<ReturnText> {
  const response = await fetch(`/assets/return-${language}.json`, {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error("the words did not come");
  return (await response.json()) as ReturnText;
}
