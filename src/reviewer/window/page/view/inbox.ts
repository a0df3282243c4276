/** The inbox: filters and a list of which only what is in sight exists, so that 100,000 tips are as quick as ten. */
import { TIP_MACHINE, statesOf } from "../../../triage/machines.ts";
import { FLAGS, TAGS } from "../../../triage/vocabulary.ts";
import { visibleLine } from "../../../hostile-text.ts";
import { GRADE_FILTERS, type InboxFilter, type InboxRow, WORK_LISTS } from "../../wire.ts";
import { VOCABULARY } from "../../../../protocol/format/vocabulary.ts";
import { button, make } from "../dom.ts";
import { PAGE_ROWS, type State } from "../state.ts";
import { wordsFor } from "../../words.ts";
import type { Dispatch } from "./view.ts";

/** Height of a row in CSS pixels, as in window.css. */
const ROW_HEIGHT = 40;
/** Rows that exist above and below what is in sight. */
const SPARE = 8;
/** Milliseconds without typing after which a search is made. */
const TYPING_MS = 150;

type Options = readonly (readonly [value: string, shown: string])[];

function optionsOf(codes: readonly string[]): Options {
  return codes.map((code) => [code, wordsFor(code)] as const);
}

const TAG_OPTIONS: Options = Object.entries(TAGS).flatMap(([set, codes]) =>
  codes.map((code) => [`${set}/${code}`, `${wordsFor(set)}: ${wordsFor(code)}`] as const),
);

export class InboxView {
  readonly element = make("section", { class: "inbox", "aria-label": "Inbox" });
  readonly #dispatch: Dispatch;
  readonly #search = make("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false" });
  readonly #count = make("p", { class: "count", role: "status" });
  readonly #list = make("div", { role: "listbox", tabindex: "0", class: "list", "aria-label": "Tips" });
  readonly #space = make("div", { class: "space", role: "presentation" });
  /** Each choice, and what stands in it for a filter. */
  readonly #choices: { readonly select: HTMLSelectElement; readonly valueIn: (filter: InboxFilter) => string }[] = [];
  readonly #files = make("input", { type: "checkbox" });
  readonly #saved = make("div", { class: "saved", role: "group", "aria-label": "Filters you keep" });
  readonly #asked = new Set<number>();
  #state: State | null = null;
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
    this.#list.append(this.#space);
    this.#list.addEventListener("scroll", () => {
      this.#drawRows();
    });
    const filters = make(
      "div",
      { class: "filters" },
      make("label", {}, "Search ", this.#search),
      this.#choice("State", "state", optionsOf(statesOf(TIP_MACHINE))),
      this.#choice("Flag", "flag", optionsOf(FLAGS)),
      this.#choice("Tag", "tag", TAG_OPTIONS),
      this.#choice("Language", "language", optionsOf(VOCABULARY.language)),
      this.#choice("Grade", "grade", optionsOf(GRADE_FILTERS)),
      this.#choice("To do", "todo", optionsOf(WORK_LISTS.slice(1)), "everything"),
      make("label", { class: "tick" }, this.#files, "has files"),
      this.#count,
    );
    const head = make("div", { class: "row head", "aria-hidden": "true" });
    for (const label of ["Tip", "Batch of", "State", "Grade", "Language", "Files", "Flags and tags"]) head.append(make("span", {}, label));
    this.element.append(make("h1", { tabindex: "-1", class: "unseen-heading" }, "Inbox"), filters, this.#saved, head, this.#list);
    this.#files.addEventListener("change", () => {
      this.#dispatch({ do: "filter", filter: { files: this.#files.checked } });
    });
  }

  /** A choice of one field of the filter; `none` is the field's value when nothing is chosen. */
  #choice(label: string, field: Exclude<keyof InboxFilter, "files">, options: Options, none: string | null = null): HTMLElement {
    const select = make(
      "select",
      {},
      make("option", { value: "" }, "all"),
      ...options.map(([value, shown]) => make("option", { value }, shown)),
    );
    select.addEventListener("change", () => {
      this.#dispatch({ do: "filter", filter: { [field]: select.value === "" ? none : select.value } });
    });
    this.#choices.push({ select, valueIn: ({ [field]: value }) => (value === none ? "" : (value ?? "")) });
    return make("label", {}, `${label} `, select);
  }

  /** Searches for what stands in the field, if that is not what is shown. */
  #look(): void {
    clearTimeout(this.#typing);
    const query = this.#search.value;
    if (query !== this.#state?.filter.query) this.#dispatch({ do: "filter", filter: { query } });
  }

  focus(): void {
    this.#list.focus();
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  draw(state: State): void {
    const before = this.#state;
    this.#state = state;
    if (before?.rows !== state.rows) this.#asked.clear();
    if (before?.filter !== state.filter) this.#showFilter(state.filter);
    if (before?.filters !== state.filters) this.#showSaved(state);
    const count = state.total === 1 ? "1 tip" : `${state.total.toLocaleString("en")} tips`;
    if (this.#count.textContent !== count) this.#count.textContent = count;
    this.#space.style.height = `${String(state.total * ROW_HEIGHT)}px`;
    if (before === null || before.cursor !== state.cursor || before.place !== state.place) this.#reveal(state.cursor);
    this.#drawRows();
  }

  /** The fields say what the filter is, whoever changed it. What is being typed stays as it is. */
  #showFilter(filter: InboxFilter): void {
    if (document.activeElement !== this.#search) this.#search.value = filter.query;
    for (const { select, valueIn } of this.#choices) select.value = valueIn(filter);
    this.#files.checked = filter.files;
  }

  #showSaved({ filters }: State): void {
    const kept = filters.map(({ name }, index) => {
      const apply = (): void => {
        this.#dispatch({ do: "saved", index });
      };
      const forget = (): void => {
        this.#dispatch({ do: "forget-filter", name });
      };
      const key = index < 9 ? { "aria-keyshortcuts": String(index + 1), title: `Key: ${String(index + 1)}` } : {};
      const shown = visibleLine(name);
      return make("span", {}, button(shown, apply, key), button("×", forget, { "aria-label": `Forget the filter ${shown}` }));
    });
    const save = (): void => {
      this.#dispatch({ do: "panel", panel: "save-filter" });
    };
    const clear = (): void => {
      this.#dispatch({ do: "unfilter" });
    };
    this.#saved.replaceChildren(
      ...kept,
      button("Keep this filter", save, { "aria-keyshortcuts": "s", title: "Key: s" }),
      button("No filter", clear, { "aria-keyshortcuts": "x", title: "Key: x" }),
    );
  }

  #reveal(row: number): void {
    const { scrollTop, clientHeight } = this.#list;
    const top = row * ROW_HEIGHT;
    if (top < scrollTop) this.#list.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) this.#list.scrollTop = top + ROW_HEIGHT - clientHeight;
  }

  #drawRows(): void {
    const state = this.#state;
    if (state === null) return;
    const first = Math.max(0, Math.floor(this.#list.scrollTop / ROW_HEIGHT) - SPARE);
    const last = Math.min(state.total, Math.ceil((this.#list.scrollTop + this.#list.clientHeight) / ROW_HEIGHT) + SPARE);
    const options: HTMLElement[] = [];
    for (let index = first; index < last; index++) {
      const row = state.rows.get(index);
      if (row === undefined) this.#need(index);
      options.push(this.#option(index, row, state));
    }
    this.#space.replaceChildren(...options);
    if (state.total === 0) this.#list.removeAttribute("aria-activedescendant");
    else this.#list.setAttribute("aria-activedescendant", `row-${String(state.cursor)}`);
  }

  #need(index: number): void {
    const offset = index - (index % PAGE_ROWS);
    if (this.#asked.has(offset)) return;
    this.#asked.add(offset);
    // Not while a state is being drawn.
    queueMicrotask(() => {
      this.#dispatch({ do: "need", offset });
    });
  }

  #option(index: number, row: InboxRow | undefined, { cursor, total }: State): HTMLElement {
    const option = make(
      "div",
      {
        role: "option",
        id: `row-${String(index)}`,
        class: row?.destroyed === true ? "row destroyed" : "row",
        "aria-selected": String(index === cursor),
        "aria-setsize": String(total),
        "aria-posinset": String(index + 1),
        click: () => {
          this.#dispatch({ do: "choose", row: index });
          this.#dispatch({ do: "open-chosen" });
        },
      },
      ...(row === undefined ? ["…"] : cellsOf(row).map((cell) => make("span", {}, cell))),
    );
    option.style.top = `${String(index * ROW_HEIGHT)}px`;
    return option;
  }
}

function cellsOf({ id, date, state, reading, destroyed, tags, flags, grade, language, files }: InboxRow): string[] {
  const standing = destroyed ? "destroyed" : reading === "recused" ? "you stay out" : wordsFor(state);
  const marks = [...flags.map((flag) => `⚑ ${wordsFor(flag)}`), ...tags.map(wordsFor)];
  return [id, date, standing, grade, language ?? "", files === null ? "" : String(files), marks.join(", ")];
}
