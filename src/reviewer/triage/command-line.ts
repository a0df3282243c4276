/** The command `tip`: understands its arguments. What may be done when, the rules say. */
import type { Act } from "../casebook/event.ts";
import { personNamed } from "../decisions.ts";
import { DESK_OPTIONS, deskOf } from "../desk-options.ts";
import type { Answer } from "../views.ts";
import { actionIn, type Actions, codeIn, dayIn, numberIn, usage, type ValuesOf } from "../words-of.ts";
import type { Quote } from "./acts.ts";
import { type Making, openForReading, record, sealedFrom, tipIn } from "./commands.ts";
import { statesOf, TIP_MACHINE } from "./machines.ts";
import * as codes from "./vocabulary.ts";

export const TIP_HELP = `firsthand-reviewer tip: work on tips without the window, under the same rules. ID: the first digits will do.

  tip declare ID --none              before reading: nothing ties me to it
  tip declare ID --tie CODE          or what does; may be repeated: ${codes.TIES.join(", ")}
  tip decide-tie ID NAME read|stay-out         a lead lets somebody with a tie read, or not
  tip open ID                        its text, after declaring; that it was opened is written down
  tip grade ID --source A-F --information 1-6 --reason CODE     alone: no other grade is seen before one's own
      --text FILE                    a note to it
  tip reconcile ID --source A-F --information 1-6 --reason CODE      the same by both graders
  tip tag ID SET CODE                SET: ${Object.keys(codes.TAGS).join(", ")}
  tip code ID ELEMENT STANCE         an element of an offence, STANCE: ${codes.STANCES.join(", ")}
      --from A --to B                the words that say so, characters of the account
  tip note ID --text FILE, tip question ID --text FILE
  tip task ID --text FILE            --for NAME, --due DATE; then tip done EVENT
  tip translate ID LANGUAGE --text FILE        --machine, --certified
  tip link ID OTHER KIND --independent X       KIND: ${codes.LINKS.join(", ")}; X: ${codes.INDEPENDENCE.join(", ")}
  tip move ID STATE                  --reason CODE when it is closed, --duplicate-of ID for a duplicate
  tip flag ID FLAG on|off            ${codes.FLAGS.join(", ")}; a legal hold comes off by two people: propose release-hold
  tip entity KIND NAME               ${codes.ENTITY_KINDS.join(", ")}; --romanised TEXT, --role TEXT
  tip alias ENTITY NAME              --romanised TEXT
  tip mention ID ENTITY --certainty X          ${codes.CERTAINTIES.join(", ")}; --from A --to B
  tip undo EVENT                     takes back one's own act, or a lead anybody's
`;

const OPTIONS = {
  ...DESK_OPTIONS,
  none: { type: "boolean" },
  tie: { type: "string", multiple: true },
  source: { type: "string" },
  information: { type: "string" },
  reason: { type: "string", multiple: true },
  text: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  for: { type: "string" },
  due: { type: "string" },
  machine: { type: "boolean" },
  certified: { type: "boolean" },
  independent: { type: "string" },
  "duplicate-of": { type: "string" },
  romanised: { type: "string" },
  role: { type: "string" },
  certainty: { type: "string" },
} as const;

const ACTIONS: Actions<keyof typeof OPTIONS> = {
  declare: { words: ["ID"], options: ["none", "tie"] },
  "decide-tie": { words: ["ID", "NAME", "read|stay-out"], options: [] },
  open: { words: ["ID"], options: [] },
  grade: { words: ["ID"], options: ["source", "information", "reason", "text"] },
  reconcile: { words: ["ID"], options: ["source", "information", "reason"] },
  tag: { words: ["ID", "SET", "CODE"], options: [] },
  code: { words: ["ID", "ELEMENT", "STANCE"], options: ["from", "to"] },
  note: { words: ["ID"], options: ["text"] },
  question: { words: ["ID"], options: ["text"] },
  task: { words: ["ID"], options: ["text", "for", "due"] },
  done: { words: ["EVENT"], options: [] },
  translate: { words: ["ID", "LANGUAGE"], options: ["text", "machine", "certified"] },
  link: { words: ["ID", "OTHER", "KIND"], options: ["independent"] },
  move: { words: ["ID", "STATE"], options: ["reason", "duplicate-of"] },
  flag: { words: ["ID", "FLAG", "on|off"], options: [] },
  entity: { words: ["KIND", "NAME"], options: ["romanised", "role"] },
  alias: { words: ["ENTITY", "NAME"], options: ["romanised"] },
  mention: { words: ["ID", "ENTITY"], options: ["certainty", "from", "to"] },
  undo: { words: ["EVENT"], options: [] },
};

type Values = ValuesOf<typeof OPTIONS>;

/** Runs `tip …`. @throws {Refusal} `usage`, or what the rules refuse. */
export async function runTip(args: readonly string[], now: Date, say: (sentence: string) => void): Promise<Answer> {
  const { action, words, values } = actionIn("tip", args, OPTIONS, ACTIONS, Object.keys(DESK_OPTIONS));
  const desk = deskOf(values, now, say);
  if (action === "open") return openForReading(words[0] ?? "", desk);
  return record(actOf(action, words, values), desk);
}

/** Understands everything before the casebook is opened; what needs it comes after. */
function actOf(
  action: string,
  [first = "", second = "", third = ""]: readonly string[],
  values: Values,
): (making: Making) => Promise<Act> | Act {
  const text = (): string => values.text ?? usage(`tip ${action} needs --text FILE`);
  switch (action) {
    case "declare": {
      const ties = setOf(codes.TIES, values.tie, "--tie");
      if ((values.none === true) === ties.length > 0) return usage("say --none, or each --tie");
      return (making) => ({ kind: "declared", tip: tipIn(making, first), ties });
    }
    case "decide-tie": {
      const may_read = codeIn(["read", "stay-out"], third, "the last word") === "read";
      return (making) => ({ kind: "tie-decided", tip: tipIn(making, first), person: personNamed(making.casebook, second), may_read });
    }
    case "grade": {
      const grade = gradeIn(values);
      const { text: file } = values;
      return async (making) => {
        const note = file === undefined ? null : await sealedFrom(making, first, file);
        return { kind: "graded", tip: tipIn(making, first), ...grade, note };
      };
    }
    case "reconcile": {
      const grade = gradeIn(values);
      return (making) => ({ kind: "reconciled", tip: tipIn(making, first), ...grade });
    }
    case "tag": {
      const set = codeIn(Object.keys(codes.TAGS) as (keyof typeof codes.TAGS)[], second, "the set");
      const code = codeIn<string>(codes.TAGS[set], third, "the tag");
      return (making) => ({ kind: "tagged", tip: tipIn(making, first), set, code });
    }
    case "code": {
      const [element, stance] = [codeIn(codes.ELEMENTS, second, "the element"), codeIn(codes.STANCES, third, "the stance")];
      const quote = quoteIn(values);
      return (making) => ({ kind: "coded", tip: tipIn(making, first), element, stance, quote });
    }
    case "note":
    case "question": {
      const [kind, file] = [action === "note" ? ("noted" as const) : ("question-noted" as const), text()];
      return async (making) => ({ kind, tip: tipIn(making, first), sealed: await sealedFrom(making, first, file) });
    }
    case "task": {
      const file = text();
      const { due, for: whose } = values;
      const day = due === undefined ? null : dayIn("--due", due);
      return async (making) => ({
        ...({ kind: "task-set", tip: tipIn(making, first), due: day } as const),
        person: whose === undefined ? null : personNamed(making.casebook, whose),
        sealed: await sealedFrom(making, first, file),
      });
    }
    case "translate": {
      const file = text();
      if (!/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/.test(second)) return usage("a language is a BCP 47 tag, like en or zh-Hans");
      const rest = {
        language: second,
        method: values.machine === true ? "machine" : "human",
        certified: values.certified === true,
      } as const;
      return async (making) => ({
        ...({ kind: "translated", tip: tipIn(making, first), ...rest } as const),
        sealed: await sealedFrom(making, first, file),
      });
    }
    case "link": {
      const link = codeIn(codes.LINKS, third, "the link");
      const independent = codeIn(codes.INDEPENDENCE, values.independent, "--independent");
      return (making) => ({ kind: "linked", tip: tipIn(making, first), other: tipIn(making, second), link, independent });
    }
    case "move": {
      const to = codeIn(statesOf(TIP_MACHINE), second, "the state");
      const [why, more] = values.reason ?? [];
      if (more !== undefined || (to === "closed") !== (why !== undefined)) return usage("one --reason, when a tip is closed");
      const reason = why === undefined ? null : codeIn(codes.CLOSE_REASONS, why, "--reason");
      const other = values["duplicate-of"];
      if ((to === "duplicate") !== (other !== undefined)) return usage("--duplicate-of ID, for a duplicate");
      return (making) => ({
        ...({ kind: "moved", tip: tipIn(making, first), to, reason } as const),
        duplicate_of: other === undefined ? null : tipIn(making, other),
      });
    }
    case "flag": {
      const [flag, on] = [codeIn(codes.FLAGS, second, "the flag"), codeIn(["off", "on"], third, "the last word") === "on"];
      return (making) => ({ kind: "flagged", tip: tipIn(making, first), flag, on });
    }
    case "entity": {
      const entity = codeIn(codes.ENTITY_KINDS, first, "the kind");
      const { romanised = null, role = null } = values;
      return () => ({ kind: "entity-named", entity, name: { text: second, romanised }, role });
    }
    case "alias": {
      const [entity, { romanised = null }] = [eventIn(first), values];
      return () => ({ kind: "alias-added", entity, name: { text: second, romanised } });
    }
    case "mention": {
      const [entity, quote] = [eventIn(second), quoteIn(values)];
      const certainty = codeIn(codes.CERTAINTIES, values.certainty, "--certainty");
      return (making) => ({ kind: "mentioned", tip: tipIn(making, first), entity, quote, certainty });
    }
    case "done": {
      const task = eventIn(first);
      return () => ({ kind: "task-done", task });
    }
    case "undo": {
      const event = eventIn(first);
      return () => ({ kind: "undone", event });
    }
    default:
      throw new Error("an action is listed and not there");
  }
}

function gradeIn({ source, information, reason }: Values) {
  const number = numberIn("--information", information, 1, 6);
  return {
    source: codeIn(codes.SOURCE_GRADES, source, "--source"),
    information: codes.INFORMATION_GRADES.find((grade) => grade === number) ?? usage("--information is 1 to 6"),
    reasons: setOf(codes.REASONS, reason, "--reason"),
  };
}

/** Codes in their one order, none twice. */
function setOf<const T extends string>(known: readonly T[], given: readonly string[] | undefined, option: string): T[] {
  return [...new Set((given ?? []).map((code) => codeIn(known, code, option)))].sort();
}

function quoteIn({ from, to }: Values): Quote | null {
  if (from === undefined && to === undefined) return null;
  const quote = { start: numberIn("--from", from, 0, 99_999), end: numberIn("--to", to, 1, 100_000) };
  return quote.start < quote.end ? quote : usage("--to comes after --from");
}

/** The number of an event, by which entities and tasks are called. */
function eventIn(given: string): number {
  return numberIn("the number of an event", given, 1, 99_999_999);
}
