/** The command line of `firsthand-voucher`: understands arguments, does one thing, says what came of it. Exit 0: done; 1: refused or failed; 2: not understood. */
import { parseArgs } from "node:util";
import { wordsToCodename } from "../protocol/crypto/codename.ts";
import { voucherKeyName } from "../protocol/crypto/voucher-request.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { fromUtf8, toHex } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { VOCABULARY } from "../protocol/format/vocabulary.ts";
import { parseVoucherOffer, type VoucherOffer } from "../protocol/format/voucher.ts";
import { readWhole, writeNew } from "./new-file.ts";
import { pay } from "./payer.ts";
import { parseSavedPage } from "./saved-page.ts";
import { ask, take } from "./witness.ts";

const HELP = `firsthand-voucher: asks for a voucher, takes it out, pays it. Needs no network; OFFER is the file of the voucher key.

If you are a witness, on a machine of your own, best one that is never connected:
  firsthand-voucher ask OFFER TIP    makes TIP, a follow-up that asks for a voucher; send it with the plain form of the page
      --page FILE                    /offline/firsthand.html, saved: it has the keys, and names the voucher key that
                                     everybody is shown. Under another key you could be marked: it is refused
      --words FILE                   your twelve words, - for what is typed and ended with Ctrl-D
      --list LIST                    english, simplified-chinese, traditional-chinese, korean (english)
      --text FILE                    what the follow-up says. Those who judge your tips read it: add something to your
                                     account, and nothing about rewards
      --language TAG                 that of the page you use (en)
      --keep FILE                    what you need for the next step. It is sealed under your words, and its being there tells
  firsthand-voucher take OFFER VOUCHER       when the answer is in your mailbox
      --words FILE, --list LIST, --keep FILE
      --answer FILE                  the whole text of that message, copied from the page
  Whoever has the file VOUCHER has the money. Those who sign and those who pay cannot tell which of the claims it came from; that you
  were paid at all, they may guess from the day and from who comes. Wait until others have come.

If you pay:
  firsthand-voucher pay VOUCHER OFFER --paid DIR       checks it and takes it off the market; pay when this says so
      --signed N                     how many were signed, as the reward officers say; more are refused
With every command: --json, --help
`;

const OPTIONS = {
  words: { type: "string" },
  list: { type: "string" },
  page: { type: "string" },
  text: { type: "string" },
  language: { type: "string" },
  keep: { type: "string" },
  answer: { type: "string" },
  paid: { type: "string" },
  signed: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const COMMANDS: Readonly<Record<string, readonly (keyof typeof OPTIONS)[]>> = {
  ask: ["words", "list", "page", "text", "language", "keep"],
  take: ["words", "list", "keep", "answer"],
  pay: ["paid", "signed"],
};

const LISTS = ["english", "simplified-chinese", "traditional-chinese", "korean"] as const;

/** Where things are said. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly error: { write(text: string): unknown };
}

type Values = ReturnType<typeof parse>["values"];

interface Said {
  readonly json: Readonly<Record<string, string | number>>;
  readonly line: string;
}

/** Runs one command. Returns the exit status; throws only bugs. */
export async function run(args: readonly string[], now: Date, { out, error }: Streams): Promise<0 | 1 | 2> {
  const asJson = args.includes("--json");
  try {
    const { values, positionals } = parse(args);
    if (values.help === true || args.length === 0) {
      out.write(HELP);
      return values.help === true ? 0 : 2;
    }
    const [command = "", ...words] = positionals;
    const { json, line } = await answerTo(command, words, values, now);
    out.write(asJson ? `${JSON.stringify(json)}\n` : `${line}\n`);
    return 0;
  } catch (failure) {
    if (!(failure instanceof Refusal || failure instanceof Fault)) throw failure;
    const code = failure instanceof Refusal ? failure.code : "fault";
    error.write(asJson ? `${JSON.stringify({ error: code, message: failure.message })}\n` : `firsthand-voucher: ${failure.message}\n`);
    return code === "usage" ? 2 : 1;
  }
}

function usage(what: string): never {
  throw new Refusal("usage", what);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch {
    return usage("an option is unknown or lacks its value");
  }
}

async function answerTo(command: string, words: readonly string[], values: Values, now: Date): Promise<Said> {
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (known === undefined) return usage("ask, take or pay");
  const strange = Object.keys(values).find((option) => option !== "json" && !known.some((allowed) => allowed === option));
  if (strange !== undefined) return usage(`${command} takes no --${strange}`);
  const [first, second, ...more] = words;
  if (first === undefined || second === undefined || more.length > 0) return usage(`after ${command} come two files`);
  const given = (option: Exclude<keyof Values, "json" | "help">): string => values[option] ?? usage(`${command} needs --${option}`);
  switch (command) {
    case "ask":
      return askWith(first, second, given, values, now);
    case "take": {
      const offer = await readOffer(first);
      const bits = await readBits(given("words"), values.list);
      const kept = await readWhole(given("keep"));
      await writeNew(second, await take({ bits, kept, offer, reply: fromUtf8(await readWhole(given("answer"))) }));
      return {
        json: { voucher: second, amount: offer.amount, currency: offer.currency, expires: offer.expires },
        line: `${second} is worth ${String(offer.amount)} ${offer.currency} until ${offer.expires}, to whoever brings it. Destroy ${given("keep")}.`,
      };
    }
    default: {
      const signed = values.signed === undefined ? null : Number(/^[0-9]{1,9}$/.exec(values.signed)?.[0] ?? usage("--signed is a number"));
      const today = now.toISOString().slice(0, 10);
      const paid = await pay(await readWhole(first), await readOffer(second), { folder: given("paid"), signed, today });
      return {
        json: { ...paid },
        line: `Good for ${String(paid.amount)} ${paid.currency}. It is taken off the market, ${String(paid.paid)} until now: pay it.`,
      };
    }
  }
}

async function askWith(
  offerFile: string,
  tipFile: string,
  given: (option: "words" | "page" | "text" | "keep") => string,
  { list, language = "en" }: Values,
  now: Date,
): Promise<Said> {
  const offer = await readOffer(offerFile);
  const { keys, pinned, voucherKey } = parseSavedPage(fromUtf8(await readWhole(given("page"))));
  if (toHex(voucherKeyName(offer)) !== voucherKey) throw new Refusal("wrong-certificate", "voucher key");
  const { tip, kept } = await ask(
    {
      bits: await readBits(given("words"), list),
      keys,
      pinned,
      offer,
      narrative: fromUtf8(await readWhole(given("text"))).trimEnd(),
      language: VOCABULARY.language.find((tag) => tag === language) ?? usage("--language is one of the page's"),
    },
    now,
  );
  await writeNew(given("keep"), kept);
  await writeNew(tipFile, tip);
  return {
    json: { tip: tipFile, kept: given("keep") },
    line: `Send ${tipFile} with the plain form of the page, then destroy it. Keep ${given("keep")} until the answer is in your mailbox.`,
  };
}

async function readOffer(file: string): Promise<VoucherOffer> {
  return parseVoucherOffer(await readWhole(file));
}

async function readBits(file: string, list: string | undefined): Promise<Bytes> {
  const known = LISTS.find((name) => name === (list ?? "english")) ?? usage(`--list is one of ${LISTS.join(", ")}`);
  return wordsToCodename(
    fromUtf8(await readWhole(file))
      .trim()
      .split(/\s+/),
    known,
  );
}
