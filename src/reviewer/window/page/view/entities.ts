/** Entities: a list that is searched by name in any script, and one of them with its names, its tips and those it may be confused with. */
import { lookAlikesIn } from "../../../look-alikes.ts";
import { ENTITY_KINDS } from "../../../triage/vocabulary.ts";
import type { WrittenName } from "../../../triage/written-names.ts";
import type { Done, EntityAnswer, EntityKind, EntityRow } from "../../case-wire.ts";
import { wordsFor } from "../../words.ts";
import { button, foreignLine, make, timeText } from "../dom.ts";
import type { State } from "../state.ts";
import type { Dispatch } from "./view.ts";

/** Milliseconds without typing after which names are looked for. */
const TYPING_MS = 150;

export class EntitiesView {
  readonly element = make("section", { class: "entities" });
  readonly #dispatch: Dispatch;
  readonly #search = make("input", { type: "search", id: "entity-search", autocomplete: "off", spellcheck: "false", dir: "auto" });
  readonly #kind = make(
    "select",
    {},
    make("option", { value: "" }, "all"),
    ...ENTITY_KINDS.map((kind) => make("option", { value: kind }, wordsFor(kind))),
  );
  readonly #count = make("p", { class: "count", role: "status" });
  readonly #linking = make("div", {});
  readonly #list = make("div", { role: "listbox", tabindex: "0", class: "named", "aria-label": "Entities" });
  #drawn: State["casework"] | null = null;
  #typing = 0;

  constructor(dispatch: Dispatch) {
    this.#dispatch = dispatch;
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => {
        this.#look();
      }, TYPING_MS);
    });
    this.#search.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" && key !== "Enter" && key !== "ArrowDown") return;
      this.#look();
      this.#list.focus();
    });
    this.#kind.addEventListener("change", () => {
      dispatch({ do: "find-entities", wanted: { kind: this.#kind.value === "" ? null : (this.#kind.value as EntityKind) } });
    });
    const create = (): void => {
      dispatch({ do: "panel", panel: "new-entity" });
    };
    this.element.append(
      make("h1", { tabindex: "-1" }, "Entities"),
      this.#linking,
      make(
        "div",
        { class: "filters" },
        make("label", {}, "Name ", this.#search),
        make("label", {}, "Kind ", this.#kind),
        button("New", create, { "aria-keyshortcuts": "c", title: "Key: c" }),
        this.#count,
      ),
      make(
        "p",
        { class: "hint" },
        "Names are found across scripts: as written, romanised, or as they sound. Look here before you make a new one.",
      ),
      this.#list,
    );
  }

  /** Looks for what stands in the field, if that is not what is shown. */
  #look(): void {
    clearTimeout(this.#typing);
    const query = this.#search.value.slice(0, 200);
    if (query !== this.#drawn?.wanted.query) this.#dispatch({ do: "find-entities", wanted: { query } });
  }

  focus(): void {
    this.#list.focus();
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  draw({ casework }: State): void {
    const before = this.#drawn;
    if (before === casework) return;
    this.#drawn = casework;
    if (document.activeElement !== this.#search) this.#search.value = casework.wanted.query;
    this.#kind.value = casework.wanted.kind ?? "";
    if (before?.linking !== casework.linking) this.#drawLinking(casework.linking);
    const { total = 0, rows = [] } = casework.entities ?? {};
    const count =
      casework.entities === null ? "" : total > rows.length ? `${String(total)}, the first ${String(rows.length)} shown` : String(total);
    if (this.#count.textContent !== count) this.#count.textContent = count;
    this.#list.replaceChildren(
      ...(rows.length === 0 ? [make("div", { role: "option", "aria-selected": "false", class: "empty" }, "No entity of this name.")] : []),
      ...rows.map((row, index) => this.#option(row, index, casework.chosen)),
    );
    if (rows.length === 0) this.#list.removeAttribute("aria-activedescendant");
    else this.#list.setAttribute("aria-activedescendant", `entity-${String(casework.chosen)}`);
    this.#list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  #drawLinking(linking: State["casework"]["linking"]): void {
    const back = (): void => {
      if (linking !== null) this.#dispatch({ do: "open", tip: linking.tip });
    };
    this.#linking.replaceChildren(
      ...(linking === null
        ? []
        : [
            make(
              "p",
              { class: "notice" },
              `Open the entity that tip ${linking.tip} speaks of, or make a new one. `,
              button("Back to the tip", back),
            ),
          ]),
    );
  }

  #option(row: EntityRow, index: number, chosen: number): HTMLElement {
    const open = (): void => {
      this.#dispatch({ do: "entity", entity: row.entity });
    };
    return make(
      "div",
      { role: "option", id: `entity-${String(index)}`, "aria-selected": String(index === chosen), click: open },
      make("span", { class: "hint" }, wordsFor(row.kind)),
      make("span", {}, nameElement(row.name), ...row.aliases.flatMap((alias) => [" · ", nameElement(alias)])),
      make("span", { class: "hint" }, row.role === null ? "" : foreignLine(row.role)),
      make("span", { class: "hint" }, tipsText(row)),
    );
  }
}

function tipsText({ tips }: EntityRow): string {
  return tips === 1 ? "1 tip" : `${String(tips)} tips`;
}

/** A name with its romanisation, each isolated. */
function nameElement({ text, romanised }: WrittenName): HTMLElement {
  return romanised === null
    ? make("span", {}, foreignLine(text))
    : make("span", {}, foreignLine(text), " ", make("span", { class: "hint" }, "(", foreignLine(romanised), ")"));
}

/** The entity of this state, drawn. */
export function entityView({ casework: { entity, linking } }: State, dispatch: Dispatch): HTMLElement {
  if (entity === null) return make("section", {});
  const { row, named, aliases, mentions, alike } = entity;
  const panel = (name: "alias" | "mention") => () => {
    dispatch({ do: "panel", panel: name });
  };
  return make(
    "article",
    { class: "entity" },
    make("h1", { tabindex: "-1", class: "foreign-name" }, foreignLine(row.name.text)),
    make(
      "div",
      { class: "actions", role: "group", "aria-label": "What you can do" },
      linking === null
        ? null
        : button(`Link to tip ${linking.tip}`, panel("mention"), { "aria-keyshortcuts": "m", title: "Key: m", class: "first" }),
      button("Another name", panel("alias"), { "aria-keyshortcuts": "a", title: "Key: a" }),
      undoButton(named, "Take this entity back", dispatch),
    ),
    make(
      "dl",
      { class: "facts" },
      ...facts(row).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
      make("dt", {}, "Named by"),
      make("dd", {}, doneText(named)),
    ),
    hintsOf(row),
    make("h2", {}, "Other names"),
    aliases.length === 0
      ? make("p", {}, "None.")
      : make(
          "ul",
          { class: "items" },
          ...aliases.map((alias) =>
            make(
              "li",
              {},
              nameElement(alias.name),
              make("p", { class: "hint" }, doneText(alias)),
              undoButton(alias, `Undo event ${String(alias.event)}`, dispatch),
            ),
          ),
        ),
    make("h2", {}, "Tips that speak of it"),
    mentions.length === 0
      ? make("p", {}, "None that you may know of.")
      : make("ul", { class: "items" }, ...mentions.map((one) => mentionView(one, dispatch))),
    make("h2", {}, "May be the same"),
    alike.length === 0
      ? make("p", {}, "No other entity of this kind has a name like these.")
      : make(
          "ul",
          { class: "items" },
          ...alike.map((other) =>
            make("li", {}, openEntity(other, dispatch), " ", make("span", { class: "hint" }, `${wordsFor(other.how)}; ${tipsText(other)}`)),
          ),
        ),
  );
}

function facts({ entity, kind, name, role }: EntityRow): [string, Node | string][] {
  return [
    ["Kind", wordsFor(kind)],
    ["In Latin letters", name.romanised === null ? "–" : foreignLine(name.romanised)],
    ["Role", role === null ? "–" : foreignLine(role)],
    ["Number", String(entity)],
  ];
}

/** What in the names looks like other letters. */
function hintsOf({ name, aliases }: EntityRow): HTMLElement | null {
  const texts = [name, ...aliases].flatMap(({ text, romanised }) => [text, ...(romanised === null ? [] : [romanised])]);
  const hints = texts.flatMap((text) => lookAlikesIn(text).map(({ start, end, why }) => [text.slice(start, end), why] as const));
  if (hints.length === 0) return null;
  return make(
    "div",
    { class: "notice" },
    "Look twice: ",
    make("ul", {}, ...hints.map(([word, why]) => make("li", {}, foreignLine(word), `: ${why}`))),
  );
}

function doneText({ event, person, at }: Done): string {
  return `${person}, ${timeText(at)}, event ${String(event)}`;
}

function undoButton({ event, undoable }: Done, label: string, dispatch: Dispatch): HTMLElement | null {
  const undo = (): void => {
    dispatch({ do: "undo", event });
  };
  return undoable ? button(label, undo) : null;
}

function mentionView(mention: EntityAnswer["mentions"][number], dispatch: Dispatch): HTMLElement {
  const { tip, certainty } = mention;
  const open = (): void => {
    dispatch({ do: "open", tip: tip.id });
  };
  const standing = tip.destroyed ? "destroyed" : wordsFor(tip.state);
  return make(
    "li",
    {},
    tip.destroyed ? make("span", { class: "hash" }, tip.id) : button(tip.id, open),
    ` ${certainty}, batch of ${tip.date}, ${standing}`,
    make("p", { class: "hint" }, doneText(mention)),
    undoButton(mention, `Undo event ${String(mention.event)}`, dispatch),
  );
}

function openEntity({ entity, name, aliases }: EntityRow, dispatch: Dispatch): HTMLElement {
  const open = (): void => {
    dispatch({ do: "entity", entity });
  };
  const element = make("button", { type: "button", click: open }, nameElement(name));
  return aliases.length === 0 ? element : make("span", {}, element, ...aliases.flatMap((alias) => [" · ", nameElement(alias)]));
}
