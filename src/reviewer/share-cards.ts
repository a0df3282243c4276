/**
 * Share cards, to be printed and then destroyed: one page of HTML for each card, with its words and the same words as a QR code, and the same as plain text for printers that
 * know nothing else. The words between the two marks are the share; everything else on a card is for people. The code holds words and nothing else, in capitals, so that a
 * scanner that types is as good as a keyboard. The page needs nothing from anywhere and runs nothing.
 * Reading takes whole cards, several in one text, or words alone with an empty line between one share and the next.
 */
import { createInterface } from "node:readline/promises";
import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { encodeQR } from "qr";
import type { Bytes } from "../protocol/bytes.ts";
import { shareToWords, wordsToShare } from "../protocol/crypto/quorum.ts";
import { Fault, Refusal } from "../protocol/errors.ts";

const BEGIN = "BEGIN SHARE";
const END = "END SHARE";
/** Longest text that can hold shares, in UTF-16 units. */
const LONGEST = 1_000_000;

/** What a card says besides its share. */
export interface CardText {
  /** What the shares open, as in "the casebook". */
  readonly opens: string;
  readonly origin: string;
  /** Hexadecimal. */
  readonly fingerprint: string;
  /** This is card `number` of `shares`, of which any `needed` open it. */
  readonly number: number;
  readonly shares: number;
  readonly needed: number;
  readonly demo: boolean;
}

/** The text of a card. */
export function formatCard(share: Bytes, card: CardText): string {
  const { opens, origin, fingerprint, number, shares, needed, demo } = card;
  const lines = [
    `Firsthand: card ${String(number)} of ${String(shares)} for ${opens}`,
    ...(demo ? ["DEMO: made to try things out. It protects nothing."] : []),
    "",
    `Any ${String(needed)} of ${String(shares)} cards together open it. Fewer show nothing.`,
    `Server: ${origin}`,
    `Certificate: ${(fingerprint.match(/.{1,8}/g) ?? []).join(" ")}`,
    "",
    "Keep it where only you can get at it, and not with another card. Do not photograph it.",
    "",
    BEGIN,
    shareToWords(share),
    END,
  ];
  return `${lines.join("\n")}\n`;
}

const HTML_ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** The page of a card. */
export function formatCardPage(share: Bytes, card: CardText): string {
  const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => HTML_ENTITIES[character] ?? "");
  const code = encodeQR(shareToWords(share).replaceAll(/\s+/g, " ").toUpperCase(), "svg", { ecc: "quartile" });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`Card ${String(card.number)} of ${String(card.shares)}`)}</title>
<style>
@page { size: A5; margin: 12mm }
body { color: #000; background: #fff; font: 11pt/1.4 monospace }
pre { font: inherit; white-space: pre-wrap }
svg { display: block; width: 55mm; height: 55mm }
</style>
${code}
<pre>${escaped(formatCard(share, card))}</pre>
</html>
`;
}

/** Every share in a text of cards or words. @throws {Refusal} `bad-share`, also if there is none. */
export function parseShares(text: string): Bytes[] {
  if (text.length > LONGEST) throw new Refusal("bad-share");
  const lines = text.split(/\r?\n/);
  const marked = lines.some((line) => line.trim() === BEGIN);
  const shares = (marked ? betweenMarks(lines) : betweenEmptyLines(lines)).map(wordsToShare);
  if (shares.length === 0) throw new Refusal("bad-share", "none was given");
  return shares;
}

function betweenMarks(lines: readonly string[]): string[] {
  const shares: string[] = [];
  let words: string[] | null = null;
  for (const line of lines) {
    if (line.trim() === BEGIN) {
      words = [];
    } else if (line.trim() === END && words !== null) {
      shares.push(words.join(" "));
      words = null;
    } else {
      words?.push(line.trim());
    }
  }
  if (words !== null) throw new Refusal("bad-share", "the end of a card is missing");
  return shares;
}

function betweenEmptyLines(lines: readonly string[]): string[] {
  const paragraphs = lines
    .map((line) => line.trim())
    .join("\n")
    .split(/\n{2,}/);
  return paragraphs.map((paragraph) => paragraph.replaceAll("\n", " ").trim()).filter((paragraph) => paragraph !== "");
}

/**
 * Shares from the files named, else from the keyboard, else from what is piped in.
 * @throws {Refusal} `bad-share`. @throws {Fault} if a file cannot be read.
 */
export async function readShares(files: readonly string[]): Promise<Bytes[]> {
  if (files.length > 0) {
    const shares: Bytes[] = [];
    for (const file of files) {
      const content = await readFile(file, "utf8").catch((cause: unknown) => {
        throw new Fault("reading a file of shares", cause);
      });
      shares.push(...parseShares(content));
    }
    return shares;
  }
  if (!process.stdin.isTTY) return parseShares(await readAll(process.stdin));
  return askForShares();
}

async function askForShares(): Promise<Bytes[]> {
  const keyboard = createInterface({ input: process.stdin, output: process.stderr });
  process.stderr.write("Type the words of each card. An empty line ends a card, a second one ends the cards.\n");
  const lines: string[] = [];
  for await (const line of keyboard) {
    if (line.trim() === "" && (lines.at(-1) ?? "").trim() === "") break;
    lines.push(line);
  }
  keyboard.close();
  return parseShares(lines.join("\n"));
}
