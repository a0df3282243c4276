/** Holds the page's one state and tells those who asked when it changes. */
import type { Compose } from "./compose/state.ts";
import { type ComposeEvent, update } from "./compose/update.ts";

/** Called after each change. Events sent from within are handled after all listeners have seen this one. */
export type StateListener = (state: Compose, before: Compose) => void;

/** The state and its changes. */
export interface Store {
  state(): Compose;
  send(event: ComposeEvent): void;
  /** Forgets everything: the state is replaced and nobody is told any more. */
  forget(): void;
}

/** A store that starts with `opening`. */
export function openStore(opening: Compose, listeners: readonly StateListener[]): Store {
  let state = opening;
  let listening = listeners;
  const queue: ComposeEvent[] = [];
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
          state = update(before, next);
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
