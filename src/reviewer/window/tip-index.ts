/**
 * What the window knows of all tips at once, in memory and nowhere else: words to search, likeness, and the few facts that stand in the inbox. Filled in the background after
 * unlocking, a few tips at a time so that the window answers meanwhile; until it is full, searches find less, and the window says so.
 */
import { setImmediate } from "node:timers/promises";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { readRecord, type ShelvedTip, tipsOf } from "../casebook/shelf.ts";
import { type Alike, Likeness } from "../triage/likeness.ts";
import { TipSearch } from "../triage/search.ts";
import { standingOf } from "./standing.ts";

/** Tips that are taken in before others get a turn. */
const AT_ONCE = 32;

/** What the inbox says of a tip's text without its words. */
export interface TipFacts {
  readonly language: string | null;
  readonly files: number;
  /** Place it is said to have happened, a code. */
  readonly where: string | null;
}

/** Every tip that is not destroyed. */
export class TipIndex {
  readonly #search = new TipSearch();
  readonly #likeness = new Likeness();
  readonly #facts = new Map<string, TipFacts>();
  #read = 0;
  #closed = false;
  readonly #casebook: Casebook;

  constructor(casebook: Casebook) {
    this.#casebook = casebook;
  }

  /** Tips there are. */
  get total(): number {
    return this.#casebook.state.tips.size;
  }

  /** Tips that were looked at so far, of {@link total}. */
  get read(): number {
    return this.#read;
  }

  /** Takes in every tip that was not looked at yet, so again after an import; ends early if the index is closed. A damaged record is passed over: `verify` is for that, and opening it says so. */
  async fill(): Promise<void> {
    const tips = tipsOf(this.#casebook);
    for (let start = this.#read; start < tips.length; start += AT_ONCE) {
      const some = await Promise.all(tips.slice(start, start + AT_ONCE).map((tip) => this.#load(tip)));
      if (this.#closed) return;
      const found = some.filter((one) => one !== null && !this.#casebook.state.tip(one.id).destroyed) as NonNullable<
        (typeof some)[number]
      >[];
      this.#search.add(found.map(({ id, narrative }) => ({ id, texts: [narrative] })));
      for (const { id, narrative, facts } of found) {
        standingOf(this.#casebook.state.tip(id));
        this.#likeness.add(id, narrative);
        this.#facts.set(id, facts);
      }
      this.#read = Math.min(tips.length, start + AT_ONCE);
      await setImmediate();
    }
  }

  async #load(shelved: ShelvedTip): Promise<{ id: string; narrative: string; facts: TipFacts } | null> {
    try {
      const { id, tip } = await readRecord(this.#casebook, shelved);
      const { narrative, language, where } = tip.answers;
      return { id, narrative, facts: { language, files: tip.attachments.length, where } };
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  }

  factsOf(id: string): TipFacts | null {
    return this.#facts.get(id) ?? null;
  }

  /** Ids in which these words occur, the newest first. */
  find(query: string): string[] {
    return this.#search.find(query, this.total);
  }

  alike(id: string): Alike[] {
    return this.#likeness.of(id);
  }

  /** Forgets whatever was destroyed. */
  forgetDestroyed(): void {
    for (const [id, { destroyed }] of this.#casebook.state.tips) {
      if (!destroyed || !this.#facts.delete(id)) continue;
      this.#search.remove(id);
      this.#likeness.remove(id);
    }
  }

  /** Gives the memory back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#search.close();
  }
}
