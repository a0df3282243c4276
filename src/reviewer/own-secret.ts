/** What only one person has: a passphrase, or a card of one of one. From a file, or typed where nobody can read along. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Bytes } from "../protocol/bytes.ts";
import { joinShares } from "../protocol/crypto/quorum.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { secretOfPassphrase } from "./casebook/people.ts";
import { parseShares } from "./share-cards.ts";

/** Words of a card; a passphrase has fewer. */
const CARD_WORDS = 32;

/**
 * The 32 bytes of a person's passphrase or card.
 * @throws {Refusal} `cannot-unlock` if there is no file and nobody at a keyboard; `weak-passphrase`, `bad-share`. @throws {Fault} if the file cannot be read.
 */
export async function readOwnSecret(file: string | undefined, say: (sentence: string) => void): Promise<Bytes> {
  if (file !== undefined) {
    const content = await readFile(file, "utf8").catch((cause: unknown) => {
      throw new Fault("reading a passphrase or card", cause);
    });
    return secretOf(content);
  }
  if (!process.stdin.isTTY) throw new Refusal("cannot-unlock", "give --pass FILE");
  say("Type your passphrase, or the words of your card in one line. It is not shown.");
  return secretOf(await typedUnseen());
}

/** A text with 32 words or with a card's marks is a card; anything else is a passphrase. */
export async function secretOf(typed: string): Promise<Bytes> {
  const isCard = typed.includes("BEGIN SHARE") || typed.trim().split(/\s+/).length === CARD_WORDS;
  return isCard ? joinShares(parseShares(typed)) : secretOfPassphrase(typed);
}

async function typedUnseen(): Promise<string> {
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const keyboard = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await keyboard.question("");
  } finally {
    keyboard.close();
  }
}
