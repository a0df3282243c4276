/**
 * What the operator configured about rewards, as the page shows it: that text and no other, and without any the sentence that nothing is on offer. The operator's
 * words stand apart from the page's own. Where they were not written in the page's language the English stands, marked as English, and the page says so.
 */
import { voucherKeyName } from "../../protocol/crypto/voucher-request.ts";
import { toHex } from "../../protocol/encoding.ts";
import { type Notice, type Offer, type PerLanguage, type Program, type ProgramVoucher, shownIn } from "../../protocol/format/program.ts";
import { joined } from "../compose/review.ts";
import type { Locale } from "../locales/locale.ts";
import { filled, items, Markup, markup } from "./markup.ts";

const NOTHING = new Markup("");

/** All that is said about rewards. `program` is null if none is configured. Those who come back are shown the same block again where a claim is proved. */
export function aboutRewards(locale: Locale, program: Program | null): Markup {
  const { rewardTitle, reward } = locale.text.reply;
  return markup`<div class="block" id="rewards"><h3>${rewardTitle}</h3>${program === null ? items(reward) : configured(locale, program)}</div>`;
}

function configured(locale: Locale, program: Program): Markup {
  const [none, later, , risk] = locale.text.reply.reward;
  const { offer } = program;
  const [before, after] =
    offer === null ? [items([none, later]), items([risk])] : [offered(locale, program, offer), items([locale.offered.decided, risk])];
  return markup`${before}${ineligible(locale, program)}${after}`;
}

/** Under the question whether to keep a code: first of all that nothing is on offer, if so. */
export function claimHint({ text: { reply: own } }: Locale, program: Program | null): string {
  return (program?.offer ?? null) === null ? joined(own.reward[0], own.wantsClaimHint) : own.wantsClaimHint;
}

function offered(locale: Locale, { name }: Program, { lines, from, to, address }: Offer): Markup {
  const own = locale.offered;
  const dates = { from: time(from), to: time(to ?? "") };
  return markup`<p>${filled(own.by, { name: nameIn(locale, name) })}</p>
${written(locale, lines, (shown) => markup`${shown.map((line) => markup`<p>${line}</p>`)}`)}
<p>${filled(to === null ? own.from : own.fromTo, dates)}</p>
${address === null ? NOTHING : markup`<p>${filled(own.address, { address: markup`<bdi class="address" dir="ltr">${address}</bdi>` })}</p>`}`;
}

function ineligible(locale: Locale, { name, ineligible: lines }: Program): Markup {
  if (lines === null) return NOTHING;
  return markup`<p>${filled(locale.offered.ineligible, { name: nameIn(locale, name) })}</p>
${written(locale, lines, (shown) => items(shown))}`;
}

/** What the operator has to say on every page where something can be sent. */
export function notices(locale: Locale, program: Program | null): Markup {
  if (program === null) return NOTHING;
  const all = program.voucher === undefined ? program.notices : [...program.notices, aboutVouchers(program.voucher)];
  if (all.length === 0) return NOTHING;
  const blocks = all.map((notice) =>
    written(locale, notice, ({ title, lines }) => markup`<h2>${title}</h2>${lines.map((line) => markup`<p>${line}</p>`)}`),
  );
  return markup`<footer>${blocks}</footer>`;
}

/**
 * How vouchers are paid, as the operator wrote it, then the key's name and how many it hides among, in English under every language: everybody is shown the same key, and the log has what
 * everybody is shown.
 */
function aboutVouchers({ lines, offer }: ProgramVoucher): PerLanguage<Notice> {
  const fixed = [
    `Key of the vouchers: ${toHex(voucherKeyName(offer))}. ${String(offer.amount)} ${offer.currency} each, paid until ${offer.expires}.`,
    `No voucher is signed before ${String(offer.least)} can be. Whoever pays knows that you are one of those who got one, and not which. Come neither first nor last: days tell, too.`,
  ];
  const notices = Object.entries(lines).map(([tag, own]) => [tag, { lines: [...own, ...fixed], title: "Vouchers" }] as const);
  return { en: { lines: [...lines.en, ...fixed], title: "Vouchers" }, ...Object.fromEntries(notices) };
}

/** The operator's text in the page's language, or in English. */
function written<T>({ tag, offered: own }: Locale, text: PerLanguage<T>, format: (shown: T) => Markup): Markup {
  const { language, shown } = shownIn(text, tag);
  if (language === tag) return markup`<div class="quoted">${format(shown)}</div>`;
  return markup`<p class="small">${own.inEnglish}</p><div class="quoted" lang="${language}" dir="ltr">${format(shown)}</div>`;
}

function nameIn({ tag }: Locale, name: Program["name"]): Markup {
  const { language, shown } = shownIn(name, tag);
  return language === tag ? markup`<bdi>${shown}</bdi>` : markup`<bdi lang="${language}">${shown}</bdi>`;
}

function time(date: string): Markup {
  return markup`<bdi><time>${date}</time></bdi>`;
}
