/** Words on a command line, understood. Each of these ends with a `usage` refusal if there is nothing to understand. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { Refusal } from "../protocol/errors.ts";
import { parseDate } from "../protocol/format/date.ts";
import { oneOf } from "../protocol/format/json.ts";

/** @throws {Refusal} `usage`, always. */
export function usage(what: string): never {
  throw new Refusal("usage", what);
}

/** Options and words, told apart. @throws {Refusal} `usage` on an option that is not among `options` or lacks its value. */
export function parseWords<const O extends NonNullable<ParseArgsConfig["options"]>>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch {
    return usage("an option is unknown or lacks its value");
  }
}

/** Values of options. */
export type ValuesOf<O extends NonNullable<ParseArgsConfig["options"]>> = ReturnType<typeof parseWords<O>>["values"];

/** A day, `YYYY-MM-DD`. */
export function dayIn(option: string, given: string | undefined): string {
  try {
    parseDate(given ?? "");
    return given ?? "";
  } catch {
    return usage(`${option} is YYYY-MM-DD`);
  }
}

/** One of some codes. */
export function codeIn<const T extends string>(codes: readonly T[], given: string | undefined, what: string): T {
  try {
    return oneOf(codes)(given ?? "", what);
  } catch {
    return usage(`${what} is one of ${codes.join(", ")}`);
  }
}

/** A whole number from `least` to `most`, at most nine digits. */
export function numberIn(what: string, given: string | undefined, least: number, most: number): number {
  const value = /^(?:0|[1-9][0-9]{0,8})$/.test(given ?? "") ? Number(given) : -1;
  return value < least || value > most ? usage(`${what} is a whole number from ${String(least)} to ${String(most)}`) : value;
}

/** What a command's actions take: words in order, and options besides those that all take. */
export type Actions<O extends string> = Readonly<Record<string, { readonly words: readonly string[]; readonly options: readonly O[] }>>;

/**
 * An action of a command with its words and options; with no command, a command of the program. `common`: options that every action takes. Every command line here begins with this.
 * @throws {Refusal} `usage`.
 */
export function actionIn<const O extends NonNullable<ParseArgsConfig["options"]>>(
  command: string | null,
  args: readonly string[],
  options: O,
  actions: Actions<keyof O & string>,
  common: readonly string[],
) {
  const { values, positionals } = parseWords(args, options);
  const [action = "", ...words] = positionals;
  checkAction(command, actions, action, words, Object.keys(values), common);
  return { action, words, values };
}

function checkAction<O extends string>(
  command: string | null,
  actions: Actions<O>,
  action: string,
  words: readonly string[],
  given: readonly string[],
  common: readonly string[],
): void {
  const called = command === null ? action : `${command} ${action}`;
  const known = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (known === undefined && command !== null) return usage(`after ${command} comes one of its actions; ${command} --help says which`);
  if (known === undefined) return usage(action === "" ? "a command is missing" : "there is no such command");
  if (words.length !== known.words.length) usage(`after ${called} comes ${known.words.join(" ") || "nothing"}`);
  const strange = given.find((option) => !common.includes(option) && !known.options.some((allowed) => allowed === option));
  if (strange !== undefined) usage(`${called} takes no --${strange}`);
}
