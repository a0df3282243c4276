/**
 * `firsthand-reviewer window`: the casebook in a browser on the same machine, for one person at a time. This process is the casebook's writer as long as the window is open. After
 * minutes without use it locks: it ends, and with it every key in its memory; to go on, the cards are needed again.
 */
import { createInterface } from "node:readline";
import { asWriter, type Desk } from "../desk.ts";
import { type Answer, count } from "../views.ts";
import { isRewardsCasebook } from "../claims/rules.ts";
import { WindowApi } from "./api.ts";
import { ClaimsApi } from "./claims.ts";
import { windowFiles } from "./files.ts";
import { Player } from "./player.ts";
import { openWindow } from "./server.ts";

const MINUTE_MS = 60_000;

/** Opens the window and returns when it is locked. `lockMinutes`: minutes without use after which it locks. */
export function showWindow(lockMinutes: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, async (open, person) => {
    const files = await windowFiles();
    const locked = Promise.withResolvers<"asked" | "unused">();
    let timer = setTimeout(locked.resolve, lockMinutes * MINUTE_MS, "unused");
    const onUse = (): void => {
      clearTimeout(timer);
      timer = setTimeout(locked.resolve, lockMinutes * MINUTE_MS, "unused");
    };
    const onLock = (): void => {
      locked.resolve("asked");
    };
    const player = new Player();
    const sitting = { open, person, lockMinutes, player, now: () => new Date(), onUse, onLock };
    const api = isRewardsCasebook(open.casebook.state) ? new ClaimsApi(sitting) : new WindowApi(sitting);
    const window = await openWindow(
      files,
      player,
      (name, request) => api.answer(name, request),
      (bundle) => api.takeIn(bundle),
    );
    const filling = api.fill();
    const stopListening = offerAddresses(desk, () => window.newAddress());
    const why = await locked.promise;
    clearTimeout(timer);
    stopListening();
    await api.close();
    await window.close();
    await filling;
    return { json: { locked: why }, lines: [why === "asked" ? "Locked." : `Locked after ${count(lockMinutes, "minute")} without use.`] };
  });
}

/** Says the address, and a new one whenever somebody at the keyboard presses Enter: one that was used does not open again. */
function offerAddresses({ say }: Desk, newAddress: () => string): () => void {
  say(`Open this address in a browser on this machine. It works once; press Enter here for another.\n${newAddress()}`);
  if (!process.stdin.isTTY) return () => undefined;
  const keyboard = createInterface({ input: process.stdin });
  keyboard.on("line", () => {
    say(newAddress());
  });
  return () => {
    keyboard.close();
  };
}
