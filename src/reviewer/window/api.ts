/**
 * The window's calls. Each is read strictly, runs alone (the next begins when it has ended), and is either an answer from the casebook's state or one act appended to it. Nothing
 * is decided here that triage/rules.ts decides.
 */
import type { Source } from "../../protocol/bytes.ts";
import type { Vkey } from "../../protocol/crypto/note.ts";
import { Refusal } from "../../protocol/errors.ts";
import { flag, hex, integer, type Json, list, nullable, oneOf, type Reader, record, text } from "../../protocol/format/json.ts";
import { type OpenCasebook, settle } from "../casebook/destroy.ts";
import type { Act } from "../casebook/event.ts";
import { tipId } from "../casebook/identifiers.ts";
import { importBundle } from "../casebook/import.ts";
import { fingerprintOf, logKeyIn, pinnedLogKey } from "../casebook/log-key.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { recordReply } from "../casebook/replies.ts";
import { findTip } from "../casebook/shelf.ts";
import { sealWords } from "../casebook/tip-keys.ts";
import { metricsFor } from "../metrics.ts";
import { secretOf } from "../own-secret.ts";
import { TRIAGE_ACTS } from "../triage/acts.ts";
import { readingOf } from "../triage/state.ts";
import { TIES } from "../triage/vocabulary.ts";
import { caseCalls } from "./case-calls.ts";
import type { CaseCalls } from "./case-wire.ts";
import { inboxOf } from "./inbox.ts";
import { LONGEST_SIDE, VEIL_SIDE } from "../viewing/renderer-frame.ts";
import { ENCODINGS } from "../viewing/text-files.ts";
import { Looking } from "./looking.ts";
import { openDecisions } from "./open-decisions.ts";
import type { ClaimCalls } from "./claim-wire.ts";
import { requireDecidable } from "./proposals.ts";
import { tipFor } from "./reading.ts";
import type { ReferralCalls } from "./referral-wire.ts";
import { referralCalls } from "./referrals.ts";
import { FILTER_FIELDS, filterName, filtersOf, forgetFilter, savedFilter, saveFilter } from "./saved-filters.ts";
import { seatOf } from "./seat.ts";
import type { Sitting } from "./sitting.ts";
import { outboxCodes, outboxListing, signOutbox, writeOutbox } from "./stick.ts";
import { TipIndex } from "./tip-index.ts";
import {
  type AliveAnswer,
  type Calls,
  type DecisionsAnswer,
  type DeskAnswer,
  type ImportedAnswer,
  MOST_ROWS,
  type OverviewAnswer,
} from "./wire.ts";

/** Longest text that somebody types, UTF-16 units. */
const LONGEST_WORDS = 100_000;

/** Acts that the window makes, and the field that holds words about the tip, sealed. What is missing here has a call of its own or a command. */
const MADE_HERE = {
  "tie-decided": null,
  tagged: null,
  coded: null,
  graded: "note",
  reconciled: null,
  "entity-named": null,
  "alias-added": null,
  mentioned: null,
  linked: null,
  "question-noted": "sealed",
  "task-set": "sealed",
  "task-done": null,
  translated: "sealed",
  noted: "sealed",
  moved: null,
  flagged: null,
  proposed: null,
  confirmed: null,
  rejected: null,
  undone: null,
} as const satisfies Partial<Record<keyof typeof TRIAGE_ACTS, "note" | "sealed" | null>>;

type MadeHere = keyof typeof MADE_HERE;

const nothing: Reader<Record<string, never>> = record({});
const oneTip = record({ tip: tipId });
const ONE_FILE = { tip: tipId, index: integer(0, 998) };

/** An object whose fields its act's own reader will read. */
const outline: Reader<{ readonly kind: MadeHere } & Readonly<Record<string, Json>>> = (value, where) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refusal("bad-field", where);
  const fields = value as Readonly<Record<string, Json>>;
  return { ...fields, kind: oneOf(Object.keys(MADE_HERE) as MadeHere[])(fields["kind"] ?? null, `${where}.kind`) };
};

/** What an act is asked with. Its own reader (triage/acts.ts) reads it then. */
export const actRequest = record({ act: outline, words: nullable(text(LONGEST_WORDS, 1)) });

/** What this casebook answers, and what it reads here: referrals.ts and case-calls.ts read their own. */
type Here = Exclude<keyof Calls, keyof ClaimCalls>;
type ReadHere = Exclude<Here, "act" | keyof CaseCalls | keyof ReferralCalls>;

/** What every other call is given. */
export const READERS: { readonly [K in ReadHere]: Reader<Calls[K][0]> } = {
  desk: nothing,
  alive: nothing,
  inbox: record({ ...FILTER_FIELDS, offset: integer(0, 99_999_999), limit: integer(0, MOST_ROWS) }),
  filters: nothing,
  "save-filter": savedFilter,
  "forget-filter": record({ name: filterName }),
  tip: oneTip,
  declare: record({ tip: tipId, ties: list(oneOf(TIES), TIES.length) }),
  open: oneTip,
  file: record({ ...ONE_FILE, encoding: nullable(oneOf(ENCODINGS)) }),
  words: record(ONE_FILE),
  page: record({ ...ONE_FILE, page: integer(0, 99_999), longest: integer(VEIL_SIDE, LONGEST_SIDE) }),
  play: record(ONE_FILE),
  cover: nothing,
  reply: record({ tip: tipId, text: text(LONGEST_WORDS, 1), challenge: flag }),
  decisions: nothing,
  overview: nothing,
  outbox: nothing,
  "sign-outbox": record({ digest: hex(32) }),
  "write-outbox": record({ folder: text(4096, 1) }),
  "outbox-codes": nothing,
  importing: nothing,
  "log-key": record({ text: text(4096, 1) }),
  handover: record({ person: text(64, 1), secret: text(4096) }),
  lock: nothing,
};

/** Whoever only imports sits at the same window and sees nothing of tips: these calls are all there is for them. */
const FOR_IMPORTERS: ReadonlySet<string> = new Set<keyof Calls>(["desk", "alive", "importing", "log-key", "handover", "lock"]);

function isReader({ roles }: ActingPerson): boolean {
  return roles.some((role) => role === "lead" || role === "reviewer" || role === "translator");
}

/** @throws {Refusal} `not-allowed` for somebody who has nothing to do here. */
function requireRole(person: ActingPerson): void {
  if (!isReader(person) && !person.roles.includes("importer")) throw new Refusal("not-allowed", "window");
}

/** Answers calls on a casebook of which this process is the writer. */
export class WindowApi {
  #open: OpenCasebook;
  #person: ActingPerson;
  readonly #index: TipIndex;
  readonly #looking: Looking;
  readonly #sitting: Sitting;
  #turn: Promise<unknown> = Promise.resolve();
  #filling: Promise<void> = Promise.resolve();
  /** What takes long just now. */
  #work: string | null = null;
  /** A log key that somebody has seen the fingerprint of. */
  #compared: Vkey | null = null;

  /** @throws {Refusal} `not-allowed` if the person neither reads tips nor imports. */
  constructor(sitting: Sitting) {
    requireRole(sitting.person);
    this.#sitting = sitting;
    this.#open = sitting.open;
    this.#person = sitting.person;
    this.#index = new TipIndex(sitting.open.casebook);
    this.#looking = new Looking(sitting.player, sitting.now);
  }

  /** Fills the search; ends when it is full or the window is closed. */
  fill(): Promise<void> {
    this.#filling = this.#filling.then(() => this.#index.fill());
    return this.#filling;
  }

  /** Ends what is under way, then gives the memory back. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#looking.end(this.#casebook);
    this.#index.close();
    await this.#filling;
  }

  /** Answers one call, after those before it. @throws {Refusal} {@link Fault} */
  answer(name: string, request: Json): Promise<unknown> {
    // It waits for nothing: while something takes long, it says so.
    if (name === "alive") return Promise.resolve(this.#alive());
    this.#sitting.onUse();
    const answered = this.#turn.then(() => this.#answer(name, request));
    this.#turn = answered.catch(() => undefined);
    return answered;
  }

  /** In its turn: by then somebody else may sit here. */
  #answer(name: string, request: Json): Promise<unknown> {
    const calls: { readonly [K in Here]: (request: Json) => Promise<Calls[K][1]> } = {
      desk: () => Promise.resolve(this.#desk()),
      alive: () => Promise.resolve(this.#alive()),
      inbox: (given) => Promise.resolve(inboxOf(this.#state, this.#index, this.#person.key, READERS.inbox(given, "inbox"))),
      filters: async (given) => {
        nothing(given, "filters");
        return { filters: await filtersOf(this.#casebook, this.#person.key) };
      },
      "save-filter": async (given) => ({
        filters: await saveFilter(this.#casebook, this.#person.key, READERS["save-filter"](given, "filter")),
      }),
      "forget-filter": async (given) => ({
        filters: await forgetFilter(this.#casebook, this.#person.key, READERS["forget-filter"](given, "filter").name),
      }),
      tip: (given) => this.#tip(READERS.tip(given, "tip").tip),
      declare: (given) => this.#declare(READERS.declare(given, "declare")),
      open: (given) => this.#openTip(READERS.open(given, "open").tip),
      file: (given) => {
        const { tip, index, encoding } = READERS.file(given, "file");
        return this.#looking.file(this.#casebook, this.#person, tip, index, encoding);
      },
      words: (given) => {
        const { tip, index } = READERS.words(given, "words");
        return this.#looking.words(this.#casebook, this.#person, tip, index);
      },
      page: (given) => {
        const { tip, index, page, longest } = READERS.page(given, "page");
        return this.#looking.page(this.#casebook, this.#person, tip, index, page, longest);
      },
      play: (given) => {
        const { tip, index } = READERS.play(given, "play");
        return this.#looking.play(this.#casebook, this.#person, tip, index);
      },
      cover: async (given) => {
        nothing(given, "cover");
        await this.#looking.end(this.#casebook);
        return {};
      },
      act: (given) => this.#act(actRequest(given, "act")),
      reply: (given) => this.#reply(READERS.reply(given, "reply")),
      decisions: () => Promise.resolve(this.#decisions()),
      overview: () => Promise.resolve(this.#overview()),
      outbox: () => outboxListing(this.#casebook),
      "sign-outbox": async (given) => ({
        bundle: await signOutbox(this.#open, this.#person, READERS["sign-outbox"](given, "outbox").digest, this.#sitting.now()),
      }),
      "write-outbox": async (given) => ({ file: await writeOutbox(this.#open, READERS["write-outbox"](given, "outbox").folder) }),
      "outbox-codes": () => outboxCodes(this.#open),
      importing: () => {
        const next = (this.#casebook.acts("imported").at(-1)?.bundle ?? 0) + 1;
        return Promise.resolve({ next, pinned: pinnedLogKey(this.#casebook) !== null });
      },
      "log-key": (given) => {
        this.#compared = logKeyIn(this.#casebook, READERS["log-key"](given, "log key").text);
        return Promise.resolve({ fingerprint: fingerprintOf(this.#compared) });
      },
      ...caseCalls({ open: this.#open, person: this.#person, index: this.#index, now: this.#sitting.now }),
      handover: (given) => this.#handover(READERS.handover(given, "handover")),
      lock: () => {
        this.#sitting.onLock();
        return Promise.resolve({});
      },
      ...referralCalls(() => seatOf(this.#open, this.#person, this.#sitting.now()), this.#sitting.player),
    };
    if (!Object.hasOwn(calls, name)) throw new Refusal("not-found");
    if (!isReader(this.#person) && !FOR_IMPORTERS.has(name)) throw new Refusal("not-allowed", name);
    return calls[name as Here](request);
  }

  /** Takes in a bundle, after the calls before. All or nothing. @throws {Refusal} what is wrong with it. */
  takeIn(source: Source): Promise<ImportedAnswer> {
    this.#sitting.onUse();
    const taken = this.#turn.then(() => this.#import(source)).finally(() => (this.#work = null));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  get #casebook(): OpenCasebook["casebook"] {
    return this.#open.casebook;
  }

  get #state(): OpenCasebook["casebook"]["state"] {
    return this.#open.casebook.state;
  }

  #append(act: Act): Promise<{ sequence: number }> {
    return this.#casebook.append(act, this.#person, this.#sitting.now());
  }

  /** Whoever only imports does not learn how many tips there are. */
  #alive(): AliveAnswer {
    const { read, total } = isReader(this.#person) ? this.#index : { read: 0, total: 0 };
    return { read, total, work: this.#work };
  }

  #desk(): DeskAnswer {
    const { key, name, roles } = this.#person;
    const people = this.#casebook.people.map((person) => ({ key: person.key, name: person.name }));
    const decisions = this.#decisions().open.filter(({ mayConfirm }) => mayConfirm).length;
    return {
      person: { key, name, roles },
      people,
      practice: this.#casebook.opened.demo,
      decisions,
      lockMinutes: this.#sitting.lockMinutes,
      exposure: this.#looking.exposure(this.#casebook, key),
      officers: false,
    };
  }

  #tip(id: string): Promise<Calls["tip"][1]> {
    return tipFor(this.#casebook, this.#index, this.#person.key, id);
  }

  async #declare({ tip, ties }: Calls["declare"][0]): Promise<Calls["declare"][1]> {
    const act = TRIAGE_ACTS.declared({ kind: "declared", tip, ties: [...ties].sort() }, "declare");
    await this.#append(act);
    return readingOf(this.#state.tip(tip), this.#person.key) === "may-read" ? this.#openTip(tip) : this.#tip(tip);
  }

  /** Opening the text is written down, once for each person. */
  async #openTip(id: string): Promise<Calls["open"][1]> {
    const tip = this.#state.tip(id);
    const opened = tip.items.some(({ act, person }) => act.kind === "tip-opened" && person === this.#person.key);
    if (!opened) await this.#append({ kind: "tip-opened", tip: id });
    return this.#tip(id);
  }

  async #act({ act, words }: ReturnType<typeof actRequest>): Promise<Calls["act"][1]> {
    const read = TRIAGE_ACTS[act.kind](await this.#withWords({ act, words }), "act");
    await requireDecidable(this.#open, read);
    const { sequence } = await this.#append(read);
    if (read.kind === "confirmed") {
      this.#open = { ...this.#open, vault: await settle(this.#open) };
      this.#index.forgetDestroyed();
    }
    return { event: sequence };
  }

  /** The act with its words sealed under its tip's key, for acts that have any. */
  async #withWords({ act, words }: ReturnType<typeof actRequest>): Promise<Json> {
    const field = MADE_HERE[act.kind];
    if (field === null) {
      if (words !== null) throw new Refusal("bad-field", "words");
      return act;
    }
    if (words === null) return field === "note" ? { ...act, note: null } : act;
    const { bundle, entry } = this.#state.tip(tipId(act["tip"] ?? null, "act.tip"));
    return { ...act, [field]: await sealWords(words, await this.#casebook.tipKeys.of(bundle, entry.id)) };
  }

  /** @throws {Refusal} also if the person has not read what they answer. */
  async #reply({ tip, text: said, challenge }: Calls["reply"][0]): Promise<Calls["reply"][1]> {
    if (!(await this.#tip(tip)).opened) throw new Refusal("conflict-undeclared");
    const shelved = findTip(this.#casebook, tip);
    const act = await recordReply(this.#casebook, shelved, { text: said, challenge }, this.#person, this.#sitting.now());
    return { challenge: act.challenge };
  }

  #decisions(): DecisionsAnswer {
    return { open: openDecisions(this.#casebook, this.#person.key) };
  }

  #overview(): OverviewAnswer {
    const today = this.#sitting.now().toISOString().slice(0, 10);
    const { total, measures, tables } = metricsFor(this.#state, (id) => this.#index.factsOf(id), this.#person.key, today);
    const counted = tables.map(({ name, counts }) => ({ name, counts: [...counts].map(([code, count]) => ({ code, count })) }));
    return { total, read: this.#index.read, tips: this.#index.total, measures, tables: counted };
  }

  /** The log key to check against: the pinned one, or the one that somebody compared. */
  #log(): Vkey {
    const log = pinnedLogKey(this.#casebook) ?? this.#compared;
    if (log === null) throw new Refusal("usage", "the first import needs the log's key");
    return log;
  }

  async #import(source: Source): Promise<ImportedAnswer> {
    const { now, onUse } = this.#sitting;
    const { imported, warnings } = await importBundle(source, {
      casebook: this.#casebook,
      program: this.#open.vault.program,
      log: this.#log(),
      person: this.#person,
      now: now(),
      progress: (what, done, total) => {
        this.#work = `${what}: ${String(done)}${total === null ? "" : ` of ${String(total)}`}`;
        onUse();
      },
    });
    void this.fill();
    const sum = (of: "tips" | "decoys"): number => imported.batches.reduce((total, batch) => total + batch[of], 0);
    return { bundle: imported.bundle, batches: imported.batches.length, tips: sum("tips"), decoys: sum("decoys"), warnings };
  }

  async #handover({ person, secret }: Calls["handover"][0]): Promise<DeskAnswer> {
    const next = await this.#casebook.person(person, secret === "" ? null : await secretOf(secret));
    requireRole(next);
    await this.#looking.end(this.#casebook);
    this.#person = next;
    return this.#desk();
  }
}
