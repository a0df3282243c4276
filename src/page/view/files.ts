/**
 * The chosen files: what each would give away, and how it is to be sent. A card is made once and changed in place, so that whoever uses a keyboard or hears the
 * page stays where they are. Everything that comes from a file is text in an element of its own direction.
 */
import type { Choice } from "../files/report.ts";
import { fill, joined, visibleName } from "../compose/review.ts";
import type { ChosenFile, Compose } from "../compose/state.ts";
import type { ComposeEvent } from "../compose/update.ts";
import type { LiveText } from "../locales/locale.ts";
import { byId, make, say } from "./dom.ts";

type Send = (event: ComposeEvent) => void;

/** The forms a file can be sent in, in the order of their buttons. */
const FORMS = ["cleaned", "original"] as const;

/** `size` bytes in words. Decimal, as file managers show it. */
function sizeWords(size: number, live: LiveText): string {
  if (size < 1_000) return fill(live.bytes, { n: String(size) });
  if (size < 1_000_000) return fill(live.kilobytes, { n: String(Math.round(size / 1_000)) });
  return fill(live.megabytes, { n: (size / 1_000_000).toFixed(1) });
}

/** Returns what draws the files of a state. */
export function openFiles(send: Send, live: LiveText): (state: Compose) => void {
  const cards = new Map<number, (file: ChosenFile) => HTMLElement>();
  return ({ draft: { files } }) => {
    say(byId("files-in-all", HTMLElement), summary(files, live));
    for (const id of cards.keys()) if (!files.some((file) => file.id === id)) cards.delete(id);
    const list = byId("files", HTMLElement);
    const drawn = files.map((file) => {
      const draw = cards.get(file.id) ?? openCard(file, send, live);
      cards.set(file.id, draw);
      return draw(file);
    });
    // Elements that are there already are not moved: moving takes the focus from them.
    for (const old of [...list.children]) if (!drawn.includes(old as HTMLElement)) old.remove();
    for (const card of drawn) if (card.parentElement !== list) list.append(card);
  };
}

function summary(files: readonly ChosenFile[], live: LiveText): string {
  if (files.length === 0) return live.noFiles;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const chosen = fill(live.filesInAll, { n: String(files.length), size: sizeWords(total, live) });
  const looking = files.filter(({ look }) => look === "looking").length;
  return looking === 0 ? chosen : joined(chosen, fill(live.filesLooking, { n: String(looking) }));
}

function openCard(chosen: ChosenFile, send: Send, live: LiveText): (file: ChosenFile) => HTMLElement {
  const { id, size } = chosen;
  const name = visibleName(chosen.name);
  const remove = make("button", { type: "button", "aria-label": fill(live.removeNamed, { name }) }, live.remove);
  remove.addEventListener("click", () => {
    send({ type: "file-removed", id });
    byId("chosen-title", HTMLElement).focus();
  });
  const inside = make("div", {});
  const card = make(
    "li",
    {},
    make("p", { class: "own strong" }, make("bdi", {}, name)),
    make("p", { class: "small" }, sizeWords(size, live)),
    inside,
    make("p", { class: "buttons" }, remove),
  );
  let shown: ChosenFile["look"] | null = null;
  return (file) => {
    if (file.look !== shown) {
      shown = file.look;
      card.dataset["look"] = typeof shown === "string" ? shown : "looked";
      inside.replaceChildren(...drawLook(file, send, live));
    }
    for (const button of inside.querySelectorAll("input")) button.checked = button.value === file.form;
    return card;
  };
}

function drawLook({ id, name, look }: ChosenFile, send: Send, live: LiveText): HTMLElement[] {
  if (look === "looking") return [make("p", { class: "small" }, live.looking)];
  if (look === "not-looked") return [make("p", { class: "note" }, live.notLooked)];
  const { notes, traces, advice, choice } = look;
  const sentence = (text: string): HTMLElement => make("p", { class: "small" }, text);
  const rows = traces.flatMap(({ label, values }) => [
    make("dt", {}, label),
    ...values.map((value) => make("dd", {}, make("bdi", {}, value))),
  ]);
  const list = rows.length === 0 ? [] : [make("dl", { class: "traces" }, ...rows)];
  return [...notes.map(sentence), ...list, ...advice.map(sentence), ...(choice === null ? [] : [drawChoice(id, name, choice, send)])];
}

function drawChoice(id: number, name: string, choice: Choice, send: Send): HTMLElement {
  const hint = `form-hint-${String(id)}`;
  const ways = FORMS.map((form) => {
    const described = form === "cleaned" ? { "aria-describedby": hint } : {};
    const button = make("input", { type: "radio", name: `form-${String(id)}`, value: form, autocomplete: "off", ...described });
    button.addEventListener("change", () => {
      if (button.checked) send({ type: "file-form", id, form });
    });
    return make("label", { class: "choice" }, button, make("span", {}, choice[form]));
  });
  return make(
    "fieldset",
    { class: "question", "aria-label": fill(choice.named, { name: visibleName(name) }) },
    make("legend", {}, choice.question),
    ...ways,
    make("p", { class: "hint", id: hint }, choice.hint),
  );
}
