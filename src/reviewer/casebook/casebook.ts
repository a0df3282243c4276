/**
 * The casebook: an append-only folder of encrypted, signed, chained events, with the sealed tips beside them. A copy of the folder is a backup.
 *
 *     vault.locked                  every secret, see vault.ts
 *     events/00000001.jwe …         one event each, see event.ts; the only truth
 *     people/<public key>.jwe       { name, seed } of a person who may sign
 *     bundles/000001/…              what an import brought, see import.ts; there only counts what an event names
 *     writer.lock                   empty, see writer.ts
 *
 * Writing an event is what makes anything so. It is durable before `append` returns, and a kill at any moment leaves the event whole or absent.
 *
 * What somebody gains who can change the folder but has no shares: nothing readable; removed, swapped, changed or repeated events are found when the casebook is
 * opened. Cutting off the *latest* events cannot be found from the folder alone: compare with a copy.
 * Known gap: the people's signing keys lie under the casebook key, so whoever opens the casebook can sign as any of its people. Signing keys of their own come with
 * the two-person rules.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { type SigningKey, signingKeyFromSeed } from "../../protocol/crypto/ed25519.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { fromHex, toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { formatJson, hex, parseJson, record, text } from "../../protocol/format/json.ts";
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

/** A person at the keyboard. */
export interface ActingPerson extends Person {
  readonly signing: SigningKey;
}

const keyFile = record({ name: text(64, 1), seed: hex(32) });

/** An open casebook whose chain holds. */
export class Casebook {
  readonly folder: string;
  /** AES-256 key of the encrypted files. */
  readonly key: Bytes;
  readonly #events: SignedEvent[];

  private constructor(folder: string, key: Bytes, events: SignedEvent[]) {
    this.folder = folder;
    this.key = key;
    this.#events = events;
  }

  /**
   * Makes an empty casebook in a folder that exists and is empty, and writes its first event. `opened.people` are made here, from `names`; the first of them acts.
   * @throws {Fault} if the disk did not take it.
   */
  static async create(
    folder: string,
    key: Bytes,
    names: readonly string[],
    opened: Omit<ActOf<"opened">, "kind" | "people">,
    now: Date,
  ): Promise<Casebook> {
    await mkdir(join(folder, "events"), { mode: 0o700 });
    await mkdir(join(folder, "bundles"), { mode: 0o700 });
    await mkdir(join(folder, "people"), { mode: 0o700 });
    const people: Person[] = [];
    for (const name of names) people.push(await addPerson(folder, key, name));
    const [first] = people;
    if (first === undefined) throw new Error("a casebook needs a person");
    const casebook = new Casebook(folder, key, []);
    await casebook.append({ kind: "opened", people, ...opened }, await actingPerson(folder, key, first), now);
    return casebook;
  }

  /**
   * Reads and checks everything the chain says.
   * @throws {Refusal} `casebook-damaged` with what does not fit. @throws {Fault} if the folder cannot be read.
   */
  static async open(folder: string, key: Bytes): Promise<Casebook> {
    const names = await eventFiles(folder);
    const casebook = new Casebook(folder, key, []);
    for (const [index, name] of names.entries()) {
      if (name !== eventFile(index + 1)) throw new Refusal("casebook-damaged", `event ${String(index + 1)} is missing`);
      casebook.#accept(await readEvent(join(folder, "events", name), key, index + 1));
    }
    if (names.length === 0) throw new Refusal("casebook-damaged", "there are no events");
    return casebook;
  }

  /** Every event, the first first. */
  get events(): readonly SignedEvent[] {
    return this.#events;
  }

  /** Whose casebook this is. */
  get opened(): ActOf<"opened"> {
    const [first] = this.acts("opened");
    if (first === undefined) throw new Error("a casebook begins with its opening");
    return first;
  }

  /** Every act of one kind, in order. */
  acts<K extends Act["kind"]>(kind: K): ActOf<K>[] {
    return this.#events.map((event) => event.act).filter((act): act is ActOf<K> => act.kind === kind);
  }

  /**
   * The person of this name, or the only one there is, ready to act.
   * @throws {Refusal} `usage` if there is no such person, or several and none was named.
   */
  async person(name?: string): Promise<ActingPerson> {
    const { people } = this.opened;
    const chosen = name === undefined ? people : people.filter((person) => person.name === name);
    const [person] = chosen;
    if (person === undefined) throw new Refusal("usage", "this casebook knows no person of that name");
    if (chosen.length > 1) throw new Refusal("usage", "say who you are with --person");
    return actingPerson(this.folder, this.key, person);
  }

  /**
   * Appends what `person` did at `now`; durable when it returns. The caller must be the writer (writer.ts) since before this casebook was opened.
   * @throws {Fault} if the disk did not take it; then it did not happen.
   */
  async append(act: Act, person: ActingPerson, now: Date): Promise<SignedEvent> {
    const sequence = this.#events.length + 1;
    const previous = this.#events.at(-1)?.link ?? NOTHING_BEFORE;
    const event = { sequence, previous, person: person.key, at: `${now.toISOString().slice(0, 19)}Z`, act };
    const signed = await formatSignedEvent(event, person.signing);
    const accepted = { ...event, link: linkOf(signed) };
    await writeDurably(join(this.folder, "events", eventFile(sequence)), [await closeBox(signed, this.key, "firsthand-event")]);
    this.#accept(accepted);
    return accepted;
  }

  /** Takes an event of checked signature into the chain. */
  #accept(event: SignedEvent): void {
    const number = `event ${String(event.sequence)}`;
    const previous = this.#events.at(-1);
    if (event.sequence !== this.#events.length + 1) throw new Refusal("casebook-damaged", `${number} is in the place of another`);
    if (event.previous !== (previous?.link ?? NOTHING_BEFORE))
      throw new Refusal("casebook-damaged", `${number} does not follow the one before`);
    if ((event.act.kind === "opened") !== (previous === undefined))
      throw new Refusal("casebook-damaged", `${number} opens the casebook again`);
    const people = event.act.kind === "opened" ? event.act.people : this.opened.people;
    if (!people.some((person) => person.key === event.person))
      throw new Refusal("casebook-damaged", `${number} is by nobody of this casebook`);
    this.#events.push(event);
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

async function readEvent(path: string, key: Bytes, sequence: number): Promise<SignedEvent> {
  const file = await readFile(path).catch((cause: unknown) => {
    throw new Fault("reading an event of the casebook", cause);
  });
  try {
    return await parseSignedEvent(await openBox(new Uint8Array(file), key, "firsthand-event"));
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("casebook-damaged", `event ${String(sequence)} is not authentic`);
    throw error;
  }
}

/** Makes a signing key for a new person and puts it into the folder. */
async function addPerson(folder: string, key: Bytes, name: string): Promise<Person> {
  const seed = randomBytes(32);
  const person = { name, key: toHex((await signingKeyFromSeed(seed)).publicKey) };
  const file = await closeBox(formatJson({ name, seed: toHex(seed) }), key, "firsthand-person");
  await writeDurably(join(folder, "people", `${person.key}.jwe`), [file]);
  return person;
}

async function actingPerson(folder: string, key: Bytes, person: Person): Promise<ActingPerson> {
  const file = await readFile(join(folder, "people", `${person.key}.jwe`)).catch((cause: unknown) => {
    throw new Fault("reading the signing key of a person", cause);
  });
  const { seed } = keyFile(parseJson(await openBox(new Uint8Array(file), key, "firsthand-person")), "person");
  const signing = await signingKeyFromSeed(fromHex(seed, 32));
  if (toHex(signing.publicKey) !== person.key) throw new Refusal("casebook-damaged", "signing key of a person");
  return { ...person, signing };
}
