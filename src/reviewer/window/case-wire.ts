/** What the page and the review machine say to each other about entities, timelines and proposals; see wire.ts. Names of entities are in answers as somebody wrote them; the page makes them visible. */
import type { Bytes } from "../../protocol/bytes.ts";
import type { Json } from "../../protocol/format/json.ts";
import type { CERTAINTIES, ENTITY_KINDS, LINKS, RETENTION_CLASSES } from "../triage/vocabulary.ts";
import type { NameLikeness, WrittenName } from "../triage/written-names.ts";
import type { InboxRow, Named } from "./wire.ts";

/** Most entities in one answer, and most tips in one timeline. */
export const MOST_ENTITIES = 200;
export const MOST_TIMELINE_TIPS = 100;

export type EntityKind = (typeof ENTITY_KINDS)[number];

/** An entity as it stands in a list. */
export interface EntityRow {
  /** Number of the event that named it. */
  readonly entity: number;
  readonly kind: EntityKind;
  readonly name: WrittenName;
  readonly role: string | null;
  readonly aliases: readonly WrittenName[];
  /** Tips that mention it, without those this person stays out of. */
  readonly tips: number;
}

export interface EntitiesRequest {
  /** Words of a name, in any script; empty: all. */
  readonly query: string;
  readonly kind: EntityKind | null;
}

export interface EntitiesAnswer {
  readonly total: number;
  /** What fits best first, at most {@link MOST_ENTITIES}. */
  readonly rows: readonly EntityRow[];
}

/** Who did something, and whether this person may undo it. */
export interface Done {
  readonly event: number;
  readonly person: string;
  readonly at: string;
  readonly undoable: boolean;
}

export interface EntityAnswer {
  readonly row: EntityRow;
  readonly named: Done;
  readonly aliases: readonly (Done & { readonly name: WrittenName })[];
  readonly mentions: readonly (Done & { readonly certainty: (typeof CERTAINTIES)[number]; readonly tip: InboxRow })[];
  /** Other entities of names that may be the same. */
  readonly alike: readonly (EntityRow & { readonly how: NameLikeness })[];
}

/** What a dated thing is: what a witness says, what came from them or goes to them, what is to be done, what was done. */
export type Dated = "said" | "came" | "replied" | "due" | "work";

export interface TimelineAnswer {
  readonly tip: string;
  /** The tip, then those linked to it and those of the same witness. Of those this person has not opened only the number is told. */
  readonly tips: readonly { readonly id: string; readonly why: "this" | "same_witness" | (typeof LINKS)[number] }[];
  readonly unopened: number;
  readonly entries: readonly {
    readonly tip: string;
    readonly what: Dated;
    /** A date or range of protocol/format/edtf.ts. */
    readonly when: string;
    /** Made of codes, names and numbers. */
    readonly says: string;
  }[];
}

export interface ProposingAnswer {
  /** What this person may propose now, ready to be sent, with a sentence without its end. */
  readonly offers: readonly { readonly subject: { readonly [field: string]: Json }; readonly says: string }[];
  /** Classes of the casebook's own retention, with the days that hold. */
  readonly retention: readonly { readonly class: (typeof RETENTION_CLASSES)[number]; readonly days: number | null }[];
  /** Whether this person may propose anything. */
  readonly mayPropose: boolean;
  /** The last proposals that were decided, the newest first. */
  readonly decided: readonly {
    readonly proposal: number;
    readonly by: string;
    readonly at: string;
    readonly says: string;
    readonly confirmed: boolean;
    readonly decidedBy: string;
  }[];
}

/** The calls about all this: what each is given and what it answers. */
export interface CaseCalls {
  readonly entities: readonly [request: EntitiesRequest, answer: EntitiesAnswer];
  readonly entity: readonly [request: { readonly entity: number }, answer: EntityAnswer];
  readonly timeline: readonly [request: { readonly tip: string }, answer: TimelineAnswer];
  readonly proposing: readonly [request: Record<string, never>, answer: ProposingAnswer];
  /** Makes a signing key for somebody new and proposes them; `secret` is their passphrase or card, empty in a practice casebook. */
  readonly "propose-person": readonly [
    request: { readonly name: string; readonly roles: readonly string[]; readonly secret: string },
    answer: { readonly event: number } & Pick<Named, "key">,
  ];
  /** The metrics as CSV, the bytes that the command writes. */
  readonly "metrics-csv": readonly [request: Record<string, never>, answer: Bytes];
}
