/**
 * Looking at attached files: one at a time, by whoever opened the tip. Pictures and pages come veiled first, a few pixels in which nothing can be made out; the clear ones leave this
 * process only when somebody asks for them, and how many that were and for how long is written down as `exposed`, under the tip, when they have looked: for their own care.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { u32 } from "../../protocol/bytes.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { type Exposure, exposureOf } from "../triage/state.ts";
import { claimFits, type FileKind, kindOf } from "../viewing/kinds.ts";
import { VEIL_SIDE } from "../viewing/renderer-frame.ts";
import { drawPage, wordsOf } from "../viewing/renderer.ts";
import { type Encoding, MOST_CHARACTERS, shownText } from "../viewing/text-files.ts";
import { type Attached, attachedFile, requireOpened } from "./attached.ts";
import type { Player } from "./player.ts";
import { isAllowed } from "./reading.ts";
import type { FileAnswer } from "./wire.ts";

interface Subject extends Attached {
  readonly tip: string;
  readonly index: number;
  readonly person: string;
  readonly kind: FileKind;
}

/** What somebody has seen of a tip since `since`. */
interface Glance {
  readonly tip: string;
  readonly person: ActingPerson;
  readonly since: Date;
  count: number;
}

/** Of one window. */
export class Looking {
  readonly #player: Player;
  readonly #now: () => Date;
  #subject: Subject | null = null;
  #glance: Glance | null = null;

  constructor(player: Player, now: () => Date) {
    this.#player = player;
    this.#now = now;
  }

  /** What a file seems to be, and its text if it is one. */
  async file(casebook: Casebook, person: ActingPerson, tip: string, index: number, encoding: Encoding | null): Promise<FileAnswer> {
    const { attachment, bytes, kind } = await this.#take(casebook, person, tip, index);
    const { view, seems } = kind;
    const shown = view === "text" ? shownText(bytes, encoding) : null;
    return { view, seems, fits: claimFits(kind, attachment.type), text: shown };
  }

  /** The words of a document, as text. @throws {Refusal} `not-viewable` if it is none. */
  async words(casebook: Casebook, person: ActingPerson, tip: string, index: number): Promise<FileAnswer> {
    const { attachment, bytes, kind } = await this.#take(casebook, person, tip, index);
    const { view, seems, type } = kind;
    if (view !== "document") throw new Refusal("not-viewable", "words");
    const text = await wordsOf(bytes, type);
    const shown = { text: text.slice(0, MOST_CHARACTERS), encoding: "utf-8", cut: text.length > MOST_CHARACTERS } as const;
    return { view, seems, fits: claimFits(kind, attachment.type), text: shown };
  }

  /** Page `page` of a picture or document, from 0: pages, width and height as u32, then pixels (viewing/renderer-frame.ts). With a longer side than a veil's it counts as looked at. */
  async page(casebook: Casebook, person: ActingPerson, tip: string, index: number, page: number, longest: number): Promise<Bytes> {
    const { bytes, kind } = await this.#take(casebook, person, tip, index);
    if (kind.view !== "picture" && kind.view !== "document") throw new Refusal("not-viewable", "picture");
    const { pages, width, height, pixels } = await drawPage(bytes, kind.type, page, longest);
    if (longest > VEIL_SIDE) this.#count(person, tip);
    return new Uint8Array(Buffer.concat([u32(pages), u32(width), u32(height), pixels]));
  }

  /** Path of a document that plays a sound or film. */
  async play(casebook: Casebook, person: ActingPerson, tip: string, index: number): Promise<{ path: string }> {
    const { bytes, kind } = await this.#take(casebook, person, tip, index);
    if (kind.view !== "sound" && kind.view !== "film") throw new Refusal("not-viewable", "sound or film");
    this.#count(person, tip);
    return { path: this.#player.offer(bytes, kind.type, kind.view === "sound" ? "audio" : "video") };
  }

  /** Nobody looks at anything any more: writes down what was seen, forgets the file. */
  async end(casebook: Casebook): Promise<void> {
    this.#subject = null;
    this.#player.forget();
    const glance = this.#glance;
    this.#glance = null;
    if (glance === null) return;
    const { tip, person, since, count } = glance;
    const now = this.#now();
    const seconds = Math.min(86_400, Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000)));
    const act = { kind: "exposed", tip, count: Math.min(count, 999), seconds } as const;
    // A tip that was destroyed meanwhile takes no events.
    if (isAllowed(casebook, person.key, act)) await casebook.append(act, person, now);
  }

  /** What a person looked at today, also what is not written down yet. */
  exposure(casebook: Casebook, person: string): Exposure {
    const before = exposureOf(casebook.state, person, this.#now().toISOString().slice(0, 10));
    const glance = this.#glance?.person.key === person ? this.#glance : null;
    if (glance === null) return before;
    const seconds = Math.max(0, Math.round((this.#now().getTime() - glance.since.getTime()) / 1000));
    return { count: before.count + glance.count, seconds: before.seconds + seconds };
  }

  /** The file, from memory if it was the last one. Whether they may see it is asked each time. */
  async #take(casebook: Casebook, { key }: ActingPerson, tip: string, index: number): Promise<Subject> {
    const before = this.#subject;
    requireOpened(casebook, key, tip);
    if (before?.tip === tip && before.index === index && before.person === key) return before;
    await this.end(casebook);
    const attached = await attachedFile(casebook, key, tip, index);
    this.#subject = { ...attached, tip, index, person: key, kind: kindOf(attached.bytes) };
    return this.#subject;
  }

  /** One more. A glance at another file or of another person has ended when the file was taken. */
  #count(person: ActingPerson, tip: string): void {
    this.#glance ??= { tip, person, since: this.#now(), count: 0 };
    this.#glance.count++;
  }
}
