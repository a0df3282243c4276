/**
 * Answers that say whether something is there leave a fixed time after their request, so that their time does not say it too: what takes longer where there is something to
 * read ends before. The clock is started before the work, or its rounding would add the work's time again.
 */
import { setTimeout as passing } from "node:timers/promises";

/** Milliseconds: several times what the work takes, and nothing beside the way over Tor. */
export const BEAT = 20;

/**
 * For a part, which is answered alike whether it is stored now or was there: some times what storing that of a small tip takes, and little enough that sixteen senders at
 * once do not wait for it. A full part that is new takes longer, and that can be measured; but who can send it knows the tip's id, and may ask for its parts.
 */
export const PART_BEAT = 8;

/** What `work` gives or refuses, not before `beat` milliseconds. A beat that work outlasts hides nothing, on a machine that is that busy. */
export async function onTheBeat<T>(beat: number, work: () => Promise<T>): Promise<T> {
  const passed = passing(beat);
  try {
    return await work();
  } finally {
    await passed;
  }
}
