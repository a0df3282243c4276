/** Command: new cards for a casebook. The old ones open nothing in this folder any more; what they still open elsewhere is in README.md, "Destroying". */
import { randomBytes } from "../protocol/crypto/random.ts";
import { replaceSecret } from "./casebook/rekey.ts";
import { typeBack, type TypingBack, writeCards } from "./cards.ts";
import { asWriter, type Desk } from "./desk.ts";
import { makeFolder } from "./new-folder.ts";
import type { Answer } from "./views.ts";

/** Cards of which quorum, and how they are typed back in a casebook that is for practice or is not. */
export interface NewCards {
  readonly needed: number;
  readonly shares: number;
  readonly typing: (demo: boolean) => TypingBack;
}

/** Writes new cards into a new folder, has them typed back, and only then replaces the secret. @throws {Refusal} `already-there`, `bad-share`. */
export function replaceCards(folder: string, { needed, shares, typing }: NewCards, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook, vault }, person) => {
    const { origin, program, demo } = casebook.opened;
    const secret = randomBytes(32);
    const set = { opens: "the casebook", origin, fingerprint: program, needed, shares, demo };
    await makeFolder(folder, async (work) => {
      await typeBack(await writeCards(work, "card", secret, set), typing(demo), work, desk.say);
    });
    await replaceSecret({ casebook, vault }, secret, { needed, shares }, person, desk.now);
    return {
      json: { folder, quorum: `${String(needed)} of ${String(shares)}` },
      lines: [
        `The new cards are in ${folder}: any ${String(needed)} of ${String(shares)} open the casebook, and no other card does.`,
        "Destroy the old cards: with older copies of this folder they still open what those copies hold.",
      ],
    };
  });
}
