/** Entry of the window's page: takes the token out of the address, then lets state, calls and view go round. */
import type { Bytes } from "../../../protocol/bytes.ts";
import { enter, Lost, Refused, type Session } from "./client.ts";
import { make as element } from "./dom.ts";
import { commandOf } from "./keys.ts";
import { type Effect, FIRST, type State, step, type WindowEvent } from "./state.ts";
import { View } from "./view/view.ts";

/** Milliseconds between questions whether the window is still open. */
const ALIVE_MS = 3_000;
/** Milliseconds after which a file that was given to the browser is let go. */
const KEPT_MS = 60_000;

const token = location.hash.slice(1);
history.replaceState(null, "", "/");

let state: State = FIRST;
let session: Session | null = null;
let chord = false;
const view = new View(dispatch);

function dispatch(event: WindowEvent): void {
  const next = step(state, event);
  const before = state;
  state = next.state;
  view.draw(state, before);
  for (const effect of next.effects) void make(effect);
}

async function make(effect: Effect): Promise<void> {
  if ("focus" in effect) {
    view.focusSearch(effect.focus);
    return;
  }
  if ("save" in effect) {
    saveFile(effect.name, effect.save);
    return;
  }
  if (session === null) return;
  try {
    if ("upload" in effect) {
      dispatch({ on: "imported", answer: await session.upload(effect.upload) });
      return;
    }
    const answer = await session.call(effect.call, effect.request);
    dispatch({ on: "answered", call: effect.call, request: effect.request, answer } as WindowEvent);
  } catch (error) {
    if (error instanceof Lost) dispatch({ on: "lost", why: error.message });
    else if (error instanceof Refused) dispatch({ on: "refused", message: error.message });
    else throw error;
  }
}

/** Gives a file to the browser, which asks where it goes. */
function saveFile(name: string, bytes: Bytes): void {
  const address = URL.createObjectURL(new Blob([bytes], { type: "text/csv" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, KEPT_MS);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  // Enter on a button is that button's.
  if (event.key === "Enter" && event.target instanceof HTMLButtonElement) return;
  const wanted = commandOf(state, event.key, chord);
  chord = !chord && event.key === "g" && state.panel === null;
  if (wanted === null) return;
  event.preventDefault();
  dispatch(wanted);
});

view.draw(state, state);
try {
  session = await enter(token);
  dispatch({ on: "start" });
  setInterval(() => {
    if (state.locked === null) void make({ call: "alive", request: {} });
  }, ALIVE_MS);
  void make({ call: "alive", request: {} });
} catch (error) {
  if (!(error instanceof Lost || error instanceof Refused)) throw error;
  dispatch({ on: "lost", why: error.message });
}
