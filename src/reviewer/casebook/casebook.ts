/**
 * The casebook: an append-only folder of encrypted, signed, chained events, with the sealed tips beside them. A copy of the folder is a backup.
 *
 *     vault.locked                  every secret, see vault.ts
 *     events/00000001.jwe …         one event each, see event.ts; the only truth
 *     packs/00000001.jwe …          many events in one file, to open quickly; may be missing, see packs.ts
 *     people/<public key>.jwe       signing key of a person, locked by that person, see people.ts
 *     people/….filters.jwe          filters of the window's inbox that a person keeps, see window/saved-filters.ts
 *     bundles/000001/…              what an import brought, see shelf.ts; there only counts what an event names
 *     writer.lock                   empty, see writer.ts
 *     PRACTICE                      only there if it is for practice; says so to whoever looks
 *
 * Writing an event is what makes anything so. It is durable before `append` returns, and a kill at any moment leaves the event whole or absent. What an event says may be done
 * with files is done after it; if that was interrupted, the next writer does it (destroy.ts).
 *
 * What somebody gains who can change the folder but has no shares: nothing readable; removed, swapped, changed or repeated events are found when the casebook is
 * opened, or, among events that packs repeat, by `verify`. Cutting off the *latest* events, and packs with them, cannot be found from the folder alone: compare with a copy (compare.ts). Whoever has the shares can read; to sign as a person, that
 * person's passphrase or card is needed too.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { checkEvent } from "../triage/rules.ts";
import { CasebookState } from "../triage/state.ts";
import { fromUtf8, utf8 } from "../../protocol/encoding.ts";
import { closeBox, openBox } from "./box.ts";
import { UNFINISHED, writeDurably } from "./durable-file.ts";
import {
  type Act,
  type ActOf,
  formatSignedEvent,
  linkOf,
  NOTHING_BEFORE,
  parseSignedEvent,
  type Person,
  type SignedEvent,
} from "./event.ts";
import { hasPacks, PACK_SIZE, readPacks, removePacks, writePack } from "./packs.ts";
import { type ActingPerson, makePerson, type NewPerson, unlockPerson } from "./people.ts";
import { bundleFolder } from "./places.ts";
import { TipKeys } from "./tip-keys.ts";

/** Events whose files are read and checked together. */
const AT_ONCE = 128;

/** What opens a casebook's files. */
export interface CasebookKeys {
  /** AES-256 key of events and people. */
  readonly casebook: Bytes;
  /** Keys around the tips' keys: one, or the new and the old one while cards are being replaced. */
  readonly wrapping: readonly Bytes[];
}

/** A casebook's first event without the people, who are made with it. */
export type Opening = Omit<ActOf<"opened">, "kind" | "people">;

/** Name of the file that marks a practice casebook. */
export const PRACTICE_FILE = "PRACTICE";

/** An open casebook whose chain holds. */
export class Casebook {
  readonly folder: string;
  /** AES-256 key of events and people. */
  readonly key: Bytes;
  readonly tipKeys: TipKeys;
  /** What the events come to. */
  readonly state = new CasebookState();
  /** Events that are in packs which were believed. */
  #packed = 0;

  private constructor(folder: string, { casebook, wrapping }: CasebookKeys) {
    this.folder = folder;
    this.key = casebook;
    this.tipKeys = new TipKeys((bundle) => bundleFolder(this, bundle), wrapping);
  }

  /**
   * Makes an empty casebook in a folder that exists and is empty, and writes its first event. `people` get their keys here; the first of them acts.
   * @throws {Fault} if the disk did not take it.
   */
  static async create(folder: string, keys: CasebookKeys, people: readonly NewPerson[], opening: Opening, now: Date): Promise<Casebook> {
    for (const name of ["events", "bundles", "people"]) await mkdir(join(folder, name), { mode: 0o700 });
    if (opening.demo) await writeDurably(join(folder, PRACTICE_FILE), [utf8("For practice. It protects nothing.\n")]);
    const made: Person[] = [];
    for (const person of people) made.push(await makePerson(folder, keys.casebook, person));
    const [first] = made;
    if (first === undefined) throw new Error("a casebook needs a person");
    const casebook = new Casebook(folder, keys);
    const acting = await unlockPerson(folder, keys.casebook, first, people[0]?.secret ?? null, opening.demo);
    await casebook.append({ kind: "opened", people: made, ...opening }, acting, now);
    return casebook;
  }

  /**
   * Reads and checks everything the chain says. With `"files"` from every event's own file; with `"packs"` from packs as far as they can be believed (packs.ts).
   * @throws {Refusal} `casebook-damaged` with what does not fit. @throws {Fault} if the folder cannot be read.
   */
  static async open(folder: string, keys: CasebookKeys, from: "packs" | "files" = "packs"): Promise<Casebook> {
    const names = await eventFiles(folder);
    const casebook = new Casebook(folder, keys);
    for (const [index, name] of names.entries())
      if (name !== eventFile(index + 1)) throw new Refusal("casebook-damaged", `event ${String(index + 1)} is missing`);
    if (names.length === 0) throw new Refusal("casebook-damaged", "there are no events");
    if (from === "packs") for (const event of await packedEvents(folder, keys.casebook, names.length)) casebook.#accept(event);
    casebook.#packed = casebook.events.length;
    while (casebook.events.length < names.length) {
      const first = casebook.events.length + 1;
      const numbers = Array.from({ length: Math.min(AT_ONCE, names.length - first + 1) }, (_, index) => first + index);
      for (const event of await Promise.all(numbers.map((number) => readEvent(folder, keys.casebook, number)))) casebook.#accept(event);
    }
    return casebook;
  }

  /** Packs events that are in no pack yet, `each` together. The caller is the writer. @throws {Fault} if the disk did not take it. */
  async pack(each = PACK_SIZE): Promise<void> {
    if (this.#packed === 0 && this.events.length >= each && (await hasPacks(this.folder))) await removePacks(this.folder);
    for (; this.events.length - this.#packed >= each; this.#packed += each) {
      const signed: Bytes[] = [];
      for (const { sequence, link } of this.events.slice(this.#packed, this.#packed + each)) {
        const bytes = await eventBytes(this.folder, this.key, sequence);
        if (linkOf(bytes) !== link) throw new Refusal("casebook-damaged", `event ${String(sequence)} changed`);
        signed.push(bytes);
      }
      await writePack(this.folder, this.key, this.#packed + 1, signed);
    }
  }

  /** Every event, the first first. */
  get events(): readonly SignedEvent[] {
    return this.state.events;
  }

  /** Whose casebook this is. */
  get opened(): ActOf<"opened"> {
    const [first] = this.acts("opened");
    if (first === undefined) throw new Error("a casebook begins with its opening");
    return first;
  }

  /** Every act of one kind, in order. */
  acts<K extends Act["kind"]>(kind: K): ActOf<K>[] {
    return this.events.map((event) => event.act).filter((act): act is ActOf<K> => act.kind === kind);
  }

  /** Everybody who may act now. */
  get people(): Person[] {
    return [...this.state.people.values()].filter(({ active }) => active);
  }

  /**
   * The person of this name, or the only one there is, ready to act. `secret` is what only they have (people.ts).
   * @throws {Refusal} `usage` if there is no such person, or several and none was named; `cannot-unlock`.
   */
  async person(name?: string, secret: Bytes | null = null): Promise<ActingPerson> {
    const chosen = this.people.filter((person) => name === undefined || person.name === name);
    const [person] = chosen;
    if (person === undefined) throw new Refusal("usage", "this casebook knows no person of that name");
    if (chosen.length > 1) throw new Refusal("usage", "say who you are with --person");
    return unlockPerson(this.folder, this.key, person, secret, this.opened.demo);
  }

  /**
   * Appends what `person` did at `now`; durable when it returns. The caller must be the writer (writer.ts) since before this casebook was opened.
   * @throws {Refusal} if a rule is broken (triage/rules.ts). @throws {Fault} if the disk did not take it. Then it did not happen.
   */
  async append(act: Act, person: ActingPerson, now: Date): Promise<SignedEvent> {
    const sequence = this.events.length + 1;
    const previous = this.events.at(-1)?.link ?? NOTHING_BEFORE;
    const event = { sequence, previous, person: person.key, at: `${now.toISOString().slice(0, 19)}Z`, act };
    checkEvent(this.state, event);
    const signed = await formatSignedEvent(event, person.signing);
    const accepted = { ...event, link: linkOf(signed) };
    await writeDurably(join(this.folder, "events", eventFile(sequence)), [await closeBox(signed, this.key, "firsthand-event")]);
    this.#accept(accepted);
    return accepted;
  }

  /** The signed text of an event, as its person signed it: it convinces whoever knows that person's key. @throws {Refusal} `casebook-damaged`. @throws {Fault}. */
  async signedText(sequence: number): Promise<string> {
    const file = await readFile(join(this.folder, "events", eventFile(sequence))).catch((cause: unknown) => {
      throw new Fault("reading an event of the casebook", cause);
    });
    return fromUtf8(await openBox(new Uint8Array(file), this.key, "firsthand-event"));
  }

  /** Takes an event of checked signature into the chain. */
  #accept(event: SignedEvent): void {
    const number = `event ${String(event.sequence)}`;
    const previous = this.events.at(-1);
    if (event.sequence !== this.events.length + 1) throw new Refusal("casebook-damaged", `${number} is in the place of another`);
    if (event.previous !== (previous?.link ?? NOTHING_BEFORE))
      throw new Refusal("casebook-damaged", `${number} does not follow the one before`);
    if ((event.act.kind === "opened") !== (previous === undefined))
      throw new Refusal("casebook-damaged", `${number} opens the casebook again`);
    try {
      checkEvent(this.state, event);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal("casebook-damaged", `${number} breaks a rule: ${error.code}`);
    }
    this.state.apply(event);
  }
}

function eventFile(sequence: number): string {
  return `${String(sequence).padStart(8, "0")}.jwe`;
}

async function eventFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(folder, "events"));
    return names.filter((name) => !name.endsWith(UNFINISHED)).sort();
  } catch (cause) {
    throw new Fault("reading the casebook's events", cause);
  }
}

/** What packs have, if the last event they have is the one in its own file. */
async function packedEvents(folder: string, key: Bytes, length: number): Promise<SignedEvent[]> {
  const packed = await readPacks(folder, key);
  const anchor = packed[Math.min(packed.length, length) - 1];
  if (anchor === undefined || (await readEvent(folder, key, anchor.sequence)).link !== anchor.link) return [];
  if (packed.length > length)
    throw new Refusal(
      "casebook-damaged",
      `events after ${String(length)} are missing; the folder packs, which may be removed, still has them`,
    );
  return packed;
}

/** A signed event as its file has it. @throws {Refusal} `casebook-damaged`. */
async function eventBytes(folder: string, key: Bytes, sequence: number): Promise<Bytes> {
  const file = await readFile(join(folder, "events", eventFile(sequence))).catch((cause: unknown) => {
    throw new Fault("reading an event of the casebook", cause);
  });
  return openBox(new Uint8Array(file), key, "firsthand-event");
}

async function readEvent(folder: string, key: Bytes, sequence: number): Promise<SignedEvent> {
  try {
    return await parseSignedEvent(await eventBytes(folder, key, sequence));
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("casebook-damaged", `event ${String(sequence)} is not authentic`);
    throw error;
  }
}
