/**
 * Full text of all tips, in memory and nowhere else: SQLite's FTS5 in a database that has no file, filled at unlock and gone with the process.
 *
 * SQLite's own tokenizers fail here: to one a Chinese sentence is a single word, another needs three characters where most Chinese words have two. So words are made here, from
 * folded text (fold.ts), and SQLite sees them as hexadecimal:
 *
 * - Chinese, Japanese, Korean: each character with the one after it; and, in a column of its own, each character of a tip once;
 * - Tibetan: syllables; everything else: words.
 *
 * A query is cut the same way. Two characters of Chinese or more are looked for as such pairs in a row, one in its column, Tibetan as syllables in a row, anything
 * else as the beginning of a word; all parts of a query must be there. The newest tips come first: ranking every hit of a common word would take too long and mean little.
 * Stretches are not joined over what stands between them, so a word with a line break inside is not found.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { foldText } from "./fold.ts";

/** Runs of one kind of writing. Tibetan marks and the tsheg between syllables belong to none. */
const RUN =
  /(?<cjk>[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+)|(?<tibetan>[\p{Script=Tibetan}--[\u0F00-\u0F1F\u0F34-\u0F3F]]+)|(?<word>[[\p{L}\p{N}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Tibetan}]]+)/gv;

/** Longest word that is kept whole, UTF-16 units. */
const LONGEST_WORD = 40;
/** Most parts of a query that are looked at. */
const MOST_PARTS = 16;
/** Hits of a query, unless told otherwise. */
const USUAL_HITS = 500;

interface Part {
  readonly kind: "cjk" | "tibetan" | "word";
  /** Characters, syllables or the word. */
  readonly pieces: readonly string[];
}

/** Text cut into runs. Neighbouring Tibetan syllables are one part. */
function* partsOf(text: string): Generator<Part, void, undefined> {
  let syllables: string[] = [];
  for (const { groups } of foldText(text).matchAll(RUN)) {
    if (groups?.["tibetan"] !== undefined) {
      syllables.push(groups["tibetan"]);
      continue;
    }
    if (syllables.length > 0) yield { kind: "tibetan", pieces: syllables };
    syllables = [];
    if (groups?.["cjk"] !== undefined) yield { kind: "cjk", pieces: Array.from(groups["cjk"]) };
    if (groups?.["word"] !== undefined) yield { kind: "word", pieces: [groups["word"].slice(0, LONGEST_WORD)] };
  }
  if (syllables.length > 0) yield { kind: "tibetan", pieces: syllables };
}

const hexOfPiece = new Map<string, string>();

/** A token as SQLite sees it. Single characters and syllables come again and again, so theirs is kept; words are too many. */
function asHex(piece: string): string {
  const known = hexOfPiece.get(piece);
  if (known !== undefined) return known;
  const hex = Buffer.from(piece, "utf16le").toString("hex");
  if (piece.length <= 2) hexOfPiece.set(piece, hex);
  return hex;
}

/** What stands in the index for a part. */
function tokensOf({ kind, pieces }: Part): string[] {
  const hexes = pieces.map(asHex);
  return kind === "cjk" ? hexes.slice(1).map((hex, index) => `${hexes[index] ?? ""}${hex}`) : hexes;
}

/** A tip's texts, to be found. */
export interface Searchable {
  readonly id: string;
  readonly texts: readonly string[];
}

/** The index. */
export class TipSearch {
  readonly #database = new DatabaseSync(":memory:");
  readonly #ids: string[] = [];
  readonly #rows = new Map<string, number>();
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #find: StatementSync;

  constructor() {
    this.#database.exec("PRAGMA temp_store = MEMORY");
    this.#database.exec("CREATE VIRTUAL TABLE tip USING fts5 (row, single, content='', contentless_delete=1, tokenize='ascii')");
    this.#insert = this.#database.prepare("INSERT INTO tip (rowid, row, single) VALUES (?, ?, ?)");
    this.#delete = this.#database.prepare("DELETE FROM tip WHERE rowid = ?");
    this.#find = this.#database.prepare("SELECT rowid FROM tip WHERE tip MATCH ? ORDER BY rowid DESC LIMIT ?");
    // A common word has tens of thousands of hits: an object for each takes longer than finding them.
    this.#find.setReturnArrays(true);
  }

  /** Takes tips in, the oldest first; one that is there already is replaced and counts as newest. */
  add(tips: Iterable<Searchable>): void {
    this.#database.exec("BEGIN");
    for (const { id, texts } of tips) {
      this.#remove(id);
      const row: string[] = [];
      const single = new Set<string>();
      for (const text of texts) {
        for (const part of partsOf(text)) {
          row.push(tokensOf(part).join(" "));
          if (part.kind === "cjk") for (const piece of part.pieces) single.add(asHex(piece));
        }
      }
      this.#insert.run(this.#ids.length, row.join(" "), [...single].join(" "));
      this.#rows.set(id, this.#ids.length);
      this.#ids.push(id);
    }
    this.#database.exec("COMMIT");
  }

  /** Forgets a tip, for one that was destroyed. */
  remove(id: string): void {
    this.#remove(id);
  }

  /** Ids of tips in which every part of `query` occurs, the newest first; none for a query without words. */
  find(query: string, most = USUAL_HITS): string[] {
    const parts = [...partsOf(query)].slice(0, MOST_PARTS).map(matchOf);
    if (parts.length === 0) return [];
    const rows = this.#find.all(parts.join(" AND "), most) as unknown as readonly (readonly [number])[];
    return rows.map(([row]) => this.#ids[row] ?? "");
  }

  /** Gives the memory back. */
  close(): void {
    this.#database.close();
  }

  #remove(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#delete.run(row);
    this.#rows.delete(id);
  }
}

/** A part of a query in FTS5's language; only hexadecimal gets into it. */
function matchOf(part: Part): string {
  const { kind, pieces } = part;
  if (kind === "cjk" && pieces.length === 1) return `single : "${asHex(pieces[0] ?? "")}"`;
  return `row : "${tokensOf(part).join(" ")}"${kind === "word" ? " *" : ""}`;
}
