/**
 * The way in for a witness who has been here before. Only this much of it is in the page's script; the rest, `return.js` and its words, is loaded when it is wanted:
 * nobody needs it to write and send a tip.
 */
import type { OpenPage } from "../opening.ts";
import type { Session } from "../session.ts";
import { byId } from "../view/dom.ts";
import type { ReturnRoom } from "./open.ts";

/** `session`, and behind the button of the first page the way back. */
export function withReturn(session: Session, { store, data: { live, pinned } }: OpenPage): Session {
  const host = byId("return", HTMLElement);
  const back = byId("return-back", HTMLElement);
  const ways = back.parentElement ?? host;
  const loading = [...host.childNodes];
  let visit: AbortController | null = null;
  let room: ReturnRoom | null = null;

  const open = async (): Promise<void> => {
    const mine = new AbortController();
    visit = mine;
    try {
      const { openReturn } = await import("./open.ts");
      const lists = [...byId("list", HTMLSelectElement).options].map(({ value, text: name }) => ({ list: value, name }));
      const opened = await openReturn({
        place: { host, ways, back, rewards: byId("rewards", HTMLElement), lists },
        words: { live, leave: byId("leave-done", HTMLElement).textContent },
        language: document.documentElement.lang,
        log: pinned.log,
        list: store.state().list,
        write: (bits, proof) => {
          session.returned(bits, proof);
        },
        leave: () => {
          byId("leave", HTMLElement).click();
        },
        signal: mine.signal,
      });
      if (!mine.signal.aborted) room = opened;
    } catch {
      if (mine.signal.aborted) return;
      host.replaceChildren();
      store.send({ type: "return-failed" });
    }
  };
  const close = (): void => {
    visit?.abort();
    room = null;
    host.replaceChildren(...loading);
    ways.replaceChildren(back);
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
