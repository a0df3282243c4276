/** Holds the page's one state and tells those who asked when it changes. */
import type { Compose } from "./compose/state.ts";
import { type ComposeEvent, update } from "./compose/update.ts";

/** Called after each change. Events sent from within are handled after all listeners have seen this one. */
export type StateListener = (state: Compose, before: Compose) => void;

/** A state and its changes: the form's, unless told otherwise. */
export interface Store<State = Compose, Event = ComposeEvent> {
  state(): State;
  send(event: Event): void;
  /** Forgets everything: the state is replaced and nobody is told any more. */
  forget(): void;
}

/** The form's store, which starts with `opening`. */
export function openStore(opening: Compose, listeners: readonly StateListener[]): Store {
  return storeOf(opening, update, listeners);
}

/** A store that starts with `opening` and changes by `change`. */
export function storeOf<State, Event>(
  opening: State,
  change: (state: State, event: Event) => State,
  listeners: readonly ((state: State, before: State) => void)[],
): Store<State, Event> {
  let state = opening;
  let listening = listeners;
  const queue: Event[] = [];
  let running = false;
  return {
    state: () => state,
    send: (event) => {
      queue.push(event);
      if (running) return;
      running = true;
      try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const before = state;
          state = change(before, next);
          if (state !== before) for (const listener of listening) listener(state, before);
        }
      } finally {
        running = false;
      }
    },
    forget: () => {
      listening = [];
      queue.length = 0;
      state = opening;
    },
  };
}
