/** The inbox: filters and a list of which only what is in sight exists, so that 100,000 tips are as quick as ten. */
import { TIP_MACHINE, statesOf } from "../../../triage/machines.ts";
import { FLAGS } from "../../../triage/vocabulary.ts";
import { type InboxRow, WORK_LISTS } from "../../wire.ts";
import { make } from "../dom.ts";
import { PAGE_ROWS, type State } from "../state.ts";
import { wordsFor } from "../../words.ts";
import type { Dispatch } from "./view.ts";

/** Height of a row in CSS pixels, as in window.css. */
const ROW_HEIGHT = 40;
/** Rows that exist above and below what is in sight. */
const SPARE = 8;
/** Milliseconds without typing after which a search is made. */
const TYPING_MS = 150;

export class InboxView {
  readonly element = make("section", { class: "inbox", "aria-label": "Inbox" });
  readonly #dispatch: Dispatch;
  readonly #search = make("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false" });
  readonly #count = make("p", { class: "count", role: "status" });
  readonly #list = make("div", { role: "listbox", tabindex: "0", class: "list", "aria-label": "Tips" });
  readonly #space = make("div", { class: "space", role: "presentation" });
  /** State, flag, what is to do. */
  readonly #selects: HTMLSelectElement[] = [];
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
      this.#choice("State", statesOf(TIP_MACHINE), (state) => ({ state: state as State["filter"]["state"] })),
      this.#choice("Flag", FLAGS, (flag) => ({ flag: flag as State["filter"]["flag"] })),
      this.#choice("To do", WORK_LISTS.slice(1), (todo) => ({ todo: (todo ?? "everything") as State["filter"]["todo"] })),
      this.#count,
    );
    const head = make("div", { class: "row head", "aria-hidden": "true" });
    for (const label of ["Tip", "Batch of", "State", "Grade", "Language", "Files", "Flags and tags"]) head.append(make("span", {}, label));
    this.element.append(make("h1", { tabindex: "-1", class: "unseen-heading" }, "Inbox"), filters, head, this.#list);
  }

  #choice(label: string, codes: readonly string[], filter: (code: string | null) => Partial<State["filter"]>): HTMLElement {
    const select = make(
      "select",
      {},
      make("option", { value: "" }, "all"),
      ...codes.map((code) => make("option", { value: code }, wordsFor(code))),
    );
    select.addEventListener("change", () => {
      this.#dispatch({ do: "filter", filter: filter(select.value === "" ? null : select.value) });
    });
    this.#selects.push(select);
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
    const count = state.total === 1 ? "1 tip" : `${state.total.toLocaleString("en")} tips`;
    if (this.#count.textContent !== count) this.#count.textContent = count;
    this.#space.style.height = `${String(state.total * ROW_HEIGHT)}px`;
    if (before === null || before.cursor !== state.cursor || before.place !== state.place) this.#reveal(state.cursor);
    this.#drawRows();
  }

  /** The fields say what the filter is, whoever changed it. What is being typed stays as it is. */
  #showFilter({ query, state, flag, todo }: State["filter"]): void {
    if (document.activeElement !== this.#search) this.#search.value = query;
    const values = [state, flag, todo === "everything" ? null : todo];
    for (const [index, select] of this.#selects.entries()) select.value = values[index] ?? "";
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
