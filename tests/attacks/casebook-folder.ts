/** A practice casebook of Ana and Bo without any tip, and what somebody with its keys can do to the folder with tools of their own. */
import { copyFile, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { closeBox } from "../../src/reviewer/casebook/box.ts";
import { type Act, type ActOf, type Event, formatSignedEvent, NOTHING_BEFORE } from "../../src/reviewer/casebook/event.ts";
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import { refusalOf } from "../support/refusals.ts";
import { writePack } from "../../src/reviewer/casebook/packs.ts";

const HASH = "0".repeat(64);
/** The moment of everything. */
const NOW = new Date("2026-06-01T12:00:00Z");
const OPENING = { origin: "tips.test/log", program: HASH, rewards: HASH, review: "review", grace_days: 8, demo: true };
const PEOPLE = ["Ana", "Bo"].map((name) => ({ name, roles: ["lead", "reviewer"] as const, secret: null }));

/** Bo proposes that somebody be of the casebook, which takes Ana too. */
export const ACCOMPLICE: ActOf<"proposed"> = {
  kind: "proposed",
  subject: { what: "add-person", name: "Mal", key: "7".repeat(64), roles: ["lead"] },
};

/** A casebook folder and its keys, which both people have. */
export class CasebookFolder {
  readonly path: string;
  readonly #keys = { casebook: randomBytes(32), wrapping: [randomBytes(32)] };

  private constructor(path: string) {
    this.path = path;
  }

  /** An opened casebook in a new folder below `place`. */
  static async create(place: string): Promise<CasebookFolder> {
    const folder = new CasebookFolder(join(place, "casebook"));
    await mkdir(folder.path);
    await Casebook.create(folder.path, folder.#keys, PEOPLE, OPENING, NOW);
    return folder;
  }

  /** Opens it as every command does. @throws {Refusal} `casebook-damaged`. */
  open(path = this.path): Promise<Casebook> {
    return Casebook.open(path, this.#keys);
  }

  /** Somebody does something by the program. */
  async act(name: string, act: Act, path = this.path): Promise<number> {
    const casebook = await this.open(path);
    return (await casebook.append(act, await casebook.person(name), NOW)).sequence;
  }

  /** A copy of the folder as it is. */
  async copy(): Promise<string> {
    const copy = `${this.path}-copy`;
    await cp(this.path, copy, { recursive: true });
    return copy;
  }

  /** An event after the first `after`, made without the program: said to be `as`'s, signed by `signer`. */
  async forged(act: Act, after: number, as: string, signer: string): Promise<Bytes> {
    const casebook = await this.open();
    const event: Event = {
      sequence: after + 1,
      previous: casebook.events[after - 1]?.link ?? NOTHING_BEFORE,
      person: (await casebook.person(as)).key,
      at: "2026-06-01T12:00:00Z",
      act,
    };
    return formatSignedEvent(event, (await casebook.person(signer)).signing);
  }

  /** Writes a signed event into the file of event `number`. */
  async write(number: number, signed: Bytes): Promise<void> {
    await writeFile(this.#event(number), await closeBox(signed, this.#keys.casebook, "firsthand-event"));
  }

  /** Makes a pack of the first `count` events and one more. */
  async pack(count: number, more: Bytes): Promise<void> {
    const casebook = await this.open();
    const texts = await Promise.all(Array.from({ length: count }, (_, index) => casebook.signedText(index + 1)));
    await writePack(this.path, this.#keys.casebook, 1, [...texts.map(utf8), more]);
  }

  /** Puts the file of an event of another copy, or of this one, in the place of event `to`. */
  async put(from: number, to: number, source = this.path): Promise<void> {
    await copyFile(this.#event(from, source), this.#event(to));
  }

  /** Removes the file of an event. */
  async remove(number: number): Promise<void> {
    await rm(this.#event(number));
  }

  /** Whether Bo's accomplice is of the casebook; not if it does not open. */
  async isTaken(): Promise<boolean> {
    let casebook: Casebook | null = null;
    await refusalOf(async () => {
      casebook = await this.open();
    });
    return (casebook as Casebook | null)?.people.some(({ name }) => name === "Mal") ?? false;
  }

  #event(number: number, path = this.path): string {
    return join(path, "events", `${String(number).padStart(8, "0")}.jwe`);
  }
}
