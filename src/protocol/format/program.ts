/**
 * A rewards program as its operator configures it (README, section 14): canonical JSON, `program.json` beside the public keys. Which program there is, and whether
 * anything is on offer, is nobody's to guess: without this file the page says that nothing is on offer, and with it the page says no more than stands in it.
 *
 *     { approvals, authority, cap, checked, contact, example, fiscal_year, handling, ineligible, name, note, notices, offer, receipt_days, reports, version: 2 }
 *     the same with voucher: { lines, offer } and version: 3, where there are vouchers (voucher.ts)
 *
 * `name`, `offer`, `ineligible` and `notices` are shown to witnesses; the rest is for those who refer tips and pay rewards. What witnesses read is written once for
 * each language, English always; a page in a language that is not there shows the English. Text is text: one line a string, composed, without control characters
 * and without characters that turn the direction, so that it reads the same wherever it is shown.
 */
import type { Bytes } from "../bytes.ts";
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { flag, formatJson, integer, type Json, list, matching, nullable, oneOf, parseJson, type Reader, record, text } from "./json.ts";
import { VOCABULARY } from "./vocabulary.ts";
import { type VoucherOffer, voucherOffer } from "./voucher.ts";

type Language = (typeof VOCABULARY.language)[number];

/** A value for each language in which it was written; English always. */
export type PerLanguage<T> = { readonly [L in Exclude<Language, "en">]?: T } & { readonly en: T };

/** Paragraphs, at most {@link MOST_LINES} of at most {@link LONGEST_LINE} UTF-16 units; at least one. */
export type Lines = readonly string[];

/** A public offer of a reward. */
export type Offer = {
  /** A web address, shown as text and never as a link; null if there is none. */
  readonly address: string | null;
  /** First day, `YYYY-MM-DD`. */
  readonly from: string;
  readonly lines: PerLanguage<Lines>;
  /** Last day; null if it has no end. */
  readonly to: string | null;
};

/** A text that must stand on the page: a Privacy Act notice, a control number. */
export type Notice = { readonly lines: Lines; readonly title: string };

/** One step towards a payment, by whom, and when it is needed if not always. */
export type Approval = {
  readonly by: string;
  readonly condition: string | null;
  readonly step: (typeof STEPS)[number];
};

/** A report that is due so many days (1 to 3,650) before or after something. */
export type Report = {
  readonly days: number;
  readonly due: (typeof DUES)[number];
  readonly name: string;
  readonly to: string;
};

/** A rewards program. */
export type Program = {
  /** In their order. */
  readonly approvals: readonly Approval[];
  /** The law that it stands on, paragraph by paragraph. */
  readonly authority: readonly { readonly covers: string; readonly paragraph: string }[];
  /** The most that one reward can be, in whole units of a currency (ISO 4217); null if there is no cap. */
  readonly cap: { readonly amount: number; readonly currency: string } | null;
  /** The day on which a person last compared this with the program's own rules. */
  readonly checked: string;
  /** How those who refer tips reach the program. */
  readonly contact: readonly string[];
  /** Nobody has checked this for use: pages are built for it with demo keys only. */
  readonly example: boolean;
  /** First day of the program's year, `MM-01`: what is due after a year counts from its end. */
  readonly fiscal_year: string;
  /** What stands at the head of every dossier that is made for the program. May be empty. */
  readonly handling: readonly string[];
  /** Who may not get a reward. */
  readonly ineligible: PerLanguage<Lines> | null;
  readonly name: PerLanguage<string>;
  /** For whoever checks it next. May be empty. */
  readonly note: string;
  readonly notices: readonly PerLanguage<Notice>[];
  readonly offer: Offer | null;
  /** Days after a payment in which its receipt has to be there; null if none is asked for. */
  readonly receipt_days: number | null;
  readonly reports: readonly Report[];
  readonly version: 2;
  /** Vouchers for many equal rewards (section 17); left out where there are none, which is usual. A program with them is written as version 3. */
  readonly voucher?: ProgramVoucher;
};

/** Vouchers as a program offers them. `lines`: how and where one is paid, for witnesses. */
export type ProgramVoucher = { readonly lines: PerLanguage<Lines>; readonly offer: VoucherOffer };

const STEPS = ["nomination", "committee", "concurrence", "decision"] as const;
const DUES = ["after-payment", "before-payment-in-cryptocurrency", "after-fiscal-year"] as const;

const LONGEST_LINE = 1_000;
const MOST_LINES = 12;
const SHORT = 200;
const MOST_ENTRIES = 16;
const MOST_DAYS = 3_650;
const LARGEST_AMOUNT = 1_000_000_000;

/** What no line has: controls, line ends, unassigned and private characters, and what turns the direction of writing. */
const UNSEEN = /[\p{Cc}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** One line of 1 to `most` UTF-16 units. */
function line(most: number): Reader<string> {
  const within = text(most, 1);
  return (value, where) => {
    const written = within(value, where);
    if (!UNSEEN.test(written) && written.trim() === written && written.normalize("NFC") === written) return written;
    throw new Refusal("bad-field", where);
  };
}

function atLeastOne<T>(reader: Reader<T[]>): Reader<T[]> {
  return (value, where) => {
    const read = reader(value, where);
    if (read.length === 0) throw new Refusal("bad-field", where);
    return read;
  };
}

function perLanguage<T>(reader: Reader<T>): Reader<PerLanguage<T>> {
  return (value, where) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refusal("bad-field", where);
    const written = Object.keys(value).map((tag) => oneOf(VOCABULARY.language)(tag, where));
    if (!written.includes("en")) throw new Refusal("bad-field", `${where}.en`);
    const readers = Object.fromEntries(written.map((tag) => [tag, reader])) as { [L in Language]: Reader<T> };
    return record<{ [L in Language]: T }>(readers)(value, where);
  };
}

const date: Reader<string> = (value, where) => {
  const written = text(10)(value, where);
  try {
    parseDate(written);
  } catch {
    throw new Refusal("bad-field", where);
  }
  return written;
};

const lines = atLeastOne(list(line(LONGEST_LINE), MOST_LINES));

const readOffer: Reader<Offer> = (value, where) => {
  const offer = record<Offer>({
    address: nullable(matching(/https?:\/\/[!-~]{1,300}/)),
    from: date,
    lines: perLanguage(lines),
    to: nullable(date),
  })(value, where);
  if (offer.to !== null && offer.to < offer.from) throw new Refusal("bad-field", `${where}.to`);
  return offer;
};

const FIELDS = {
  approvals: list(record<Approval>({ by: line(SHORT), condition: nullable(line(SHORT)), step: oneOf(STEPS) }), MOST_ENTRIES),
  authority: list(record({ covers: line(LONGEST_LINE), paragraph: line(SHORT) }), MOST_ENTRIES),
  cap: nullable(record({ amount: integer(1, LARGEST_AMOUNT), currency: matching(/[A-Z]{3}/) })),
  checked: date,
  contact: list(line(LONGEST_LINE), MOST_LINES),
  example: flag,
  fiscal_year: matching(/(?:0[1-9]|1[0-2])-01/),
  handling: list(line(LONGEST_LINE), MOST_LINES),
  ineligible: nullable(perLanguage(lines)),
  name: perLanguage(line(SHORT)),
  note: text(4_000),
  notices: list(perLanguage(record<Notice>({ lines, title: line(SHORT) })), MOST_ENTRIES),
  offer: nullable(readOffer),
  receipt_days: nullable(integer(1, MOST_DAYS)),
  reports: list(record<Report>({ days: integer(1, MOST_DAYS), due: oneOf(DUES), name: line(SHORT), to: line(SHORT) }), MOST_ENTRIES),
};
const reader = record<Program>({ ...FIELDS, version: oneOf([2]) });
const vouching = record<Omit<Required<Program>, "version"> & { version: 3 }>({
  ...FIELDS,
  version: oneOf([3]),
  voucher: record<ProgramVoucher>({ lines: perLanguage(lines), offer: voucherOffer }),
});

/** Version 3 is version 2 and vouchers; in memory they are one. */
function read(json: Json): Program {
  if (json === null || typeof json !== "object" || !("voucher" in json)) return reader(json, "program");
  return { ...vouching(json, "program"), version: 2 };
}

/** The file of a program. What `parseProgram` would refuse is a bug here. */
export function formatProgram(program: Program): Bytes {
  const bytes = formatJson(program.voucher === undefined ? program : { ...program, version: 3 });
  try {
    parseProgram(bytes);
  } catch (cause) {
    throw new Error("a program would not be valid", { cause });
  }
  return bytes;
}

/** The program in a file. @throws {Refusal} `bad-program` with the field's name. */
export function parseProgram(bytes: Uint8Array): Program {
  try {
    return read(parseJson(bytes));
  } catch (error) {
    throw new Refusal("bad-program", error instanceof Refusal ? error.where : undefined);
  }
}

/** What of an operator's text is shown in a language, and which language that is. */
export function shownIn<T>(written: PerLanguage<T>, language: Language): { readonly language: Language; readonly shown: T } {
  const own = written[language];
  return own === undefined ? { language: "en", shown: written.en } : { language, shown: own };
}

/**
 * Whether a page may be built for `program` on `today` (`YYYY-MM-DD`).
 * @throws {Refusal} `offer-not-current` if its offer has not begun or has ended, or its vouchers are not paid any more: the page would say that there is one.
 */
export function checkOffer({ offer, voucher }: Program, today: string): void {
  if (voucher !== undefined && voucher.offer.expires < today) throw new Refusal("offer-not-current");
  if (offer !== null && (today < offer.from || (offer.to !== null && offer.to < today))) throw new Refusal("offer-not-current");
}
