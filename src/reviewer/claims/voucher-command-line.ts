/** The command `vouchers`: understands its arguments. */
import type { Desk } from "../desk.ts";
import { DESK_OPTIONS, deskOf } from "../desk-options.ts";
import type { Answer } from "../views.ts";
import { actionIn, type Actions, dayIn, numberIn, usage, type ValuesOf } from "../words-of.ts";
import * as commands from "./voucher-commands.ts";

export const VOUCHERS_HELP = `firsthand-reviewer vouchers: many equal rewards, paid to whoever brings a voucher. Off until a key is made.

They suit an operator who pays many equal rewards. Where a handful are paid, or a law asks to whom, they hide nobody: do not use them.

At the reward officers' casebook:
  vouchers key FILE --amount N --currency USD --expires DATE --least N
                                     a key for vouchers of one amount; FILE is for the program, the page and who pays.
                                     Nothing is signed before --least can be
  vouchers list                      keys, who asks, what was signed, and among how many each hides
  vouchers agree CLAIM --date DATE   a payable reward of form voucher; then another officer says \`confirm N\`
  vouchers sign KEY FILE             everything that was agreed to under the key; FILE goes to the reviewers
      --again                        the last one once more

At the reviewers' casebook:
  vouchers tell FILE --text FILE     brings every witness of the referrals a number, a real one or not: nobody here can tell

The witness asks and takes the voucher out with \`firsthand-voucher\`; whoever pays checks it with the same program.
`;

const OPTIONS = {
  ...DESK_OPTIONS,
  amount: { type: "string" },
  currency: { type: "string" },
  expires: { type: "string" },
  least: { type: "string" },
  date: { type: "string" },
  text: { type: "string" },
  again: { type: "boolean" },
} as const;

const ACTIONS: Actions<keyof typeof OPTIONS> = {
  key: { words: ["FILE"], options: ["amount", "currency", "expires", "least"] },
  list: { words: [], options: [] },
  agree: { words: ["CLAIM"], options: ["date"] },
  sign: { words: ["KEY", "FILE"], options: ["again"] },
  tell: { words: ["FILE"], options: ["text"] },
};

type Values = ValuesOf<typeof OPTIONS>;

/** Runs `vouchers …`. @throws {Refusal} `usage`, or what the command refuses. */
export async function runVouchers(args: readonly string[], now: Date, say: (sentence: string) => void): Promise<Answer> {
  const { action, words, values } = actionIn("vouchers", args, OPTIONS, ACTIONS, Object.keys(DESK_OPTIONS));
  return answerTo(action, words, values, deskOf(values, now, say));
}

function answerTo(action: string, [first = "", second = ""]: readonly string[], values: Values, desk: Desk): Promise<Answer> {
  switch (action) {
    case "key": {
      const { currency = "" } = values;
      if (!/^[A-Z]{3}$/.test(currency)) return usage("--currency is three letters, like USD");
      const amount = numberIn("--amount", values.amount, 1, 999_999_999);
      const least = numberIn("--least", values.least, 2, 1_000_000);
      return commands.makeKey(first, { amount, currency, expires: dayIn("--expires", values.expires), least }, desk);
    }
    case "list":
      return commands.listKeys(desk);
    case "agree":
      return commands.agree(first, dayIn("--date", values.date), desk);
    case "sign":
      return commands.sign(first, second, values.again === true, desk);
    case "tell":
      return commands.tell(first, values.text ?? usage("vouchers tell needs --text FILE"), desk);
    default:
      throw new Error("an action is listed and not there");
  }
}
