/**
 * Making cards and seeing that they can be used: a secret is split, each share becomes a card (text and page), and each card is typed back before it counts. Typing back is the
 * only proof that what was printed can be read; so nothing is locked for good under a secret whose cards were not.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text as readAll } from "node:stream/consumers";
import type { Bytes } from "../protocol/bytes.ts";
import { splitSecret } from "../protocol/crypto/quorum.ts";
import { toHex, utf8 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { writeDurably } from "./casebook/durable-file.ts";
import { type CardText, formatCard, formatCardPage, parseShares } from "./share-cards.ts";

/** What all cards of a secret say. */
export type CardSet = Omit<CardText, "number">;

/** Where what is typed back comes from: nowhere (a demo), the keyboard, or a file; `-` is what is piped in. */
export type TypingBack = { readonly from: "nowhere" } | { readonly from: "keyboard" } | { readonly from: "file"; readonly path: string };

/** Writes the cards of a secret (32 bytes) into `folder`, which may be there, as `<name>-<number>-of-<shares>.txt` and `.html`. Returns the shares. @throws {Fault}. */
export async function writeCards(folder: string, name: string, secret: Bytes, set: CardSet): Promise<Bytes[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const shares = await splitSecret(secret, set.needed, set.shares);
  for (const [index, share] of shares.entries()) {
    const card = { ...set, number: index + 1 };
    const place = join(folder, `${name}-${String(card.number)}-of-${String(card.shares)}`);
    await writeDurably(`${place}.txt`, [utf8(formatCard(share, card))]);
    await writeDurably(`${place}.html`, [utf8(formatCardPage(share, card))]);
  }
  return shares;
}

/**
 * Waits until every one of these shares was typed back.
 * @throws {Refusal} `bad-share` if what a file holds lacks one; at the keyboard a slip is said and asked for again.
 */
export async function typeBack(
  shares: readonly Bytes[],
  typing: TypingBack,
  where: string,
  say: (sentence: string) => void,
): Promise<void> {
  if (typing.from === "nowhere") return;
  say(`Print the cards in ${where}. Each has to be typed back from paper before it counts.`);
  if (typing.from === "file") {
    const content = await (typing.path === "-" ? readAll(process.stdin) : readFile(typing.path, "utf8")).catch((cause: unknown) => {
      throw new Fault("reading what was typed back", cause);
    });
    const typed = new Set(parseShares(content).map(toHex));
    if (!shares.every((share) => typed.has(toHex(share)))) throw new Refusal("bad-share", "a card was not typed back");
    return;
  }
  await typeBackAtKeyboard(shares, say);
}

async function typeBackAtKeyboard(shares: readonly Bytes[], say: (sentence: string) => void): Promise<void> {
  const keyboard = createInterface({ input: process.stdin, output: process.stderr });
  const left = new Set(shares.map(toHex));
  try {
    while (left.size > 0) {
      const line = await keyboard.question(`${String(left.size)} to go. The 32 words of one card, in one line: `);
      try {
        const known = parseShares(line).every((share) => left.delete(toHex(share)));
        say(known ? "That card is right." : "That card is not one of these, or was typed before.");
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        say("That is not a card: a word is wrong or missing. Look again.");
      }
    }
  } finally {
    keyboard.close();
  }
}
