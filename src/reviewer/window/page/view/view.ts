/** Draws a state: what is always there (name, places, message), the place, and what lies over it. Redraws only what changed. */
import { button, make } from "../dom.ts";
import { type Destination, isReader, type Place, type State, type WindowEvent } from "../state.ts";
import { ask } from "./dialog.ts";
import { claimsView, claimView } from "./claims.ts";
import { decisionsView } from "./decisions.ts";
import { EntitiesView, entityView } from "./entities.ts";
import { fileView } from "./file.ts";
import { overviewView } from "./overview.ts";
import { InboxView } from "./inbox.ts";
import { referralsView, referralView } from "./referrals.ts";
import { importView, outboxView, workText } from "./stick.ts";
import { timelineView } from "./timeline.ts";
import { tipView } from "./tip.ts";

export type Dispatch = (event: WindowEvent) => void;

const PLACES: readonly (readonly [Destination, string])[] = [
  ["inbox", "Inbox"],
  ["entities", "Entities"],
  ["referrals", "Referrals"],
  ["decisions", "Decisions"],
  ["overview", "Overview"],
  ["importing", "Import"],
  ["outbox", "Outbox"],
];

/** Places of reward officers. */
const OFFICERS_PLACES: typeof PLACES = [
  ["claims", "Claims"],
  ["decisions", "Decisions"],
];

/** Places that one comes to from another. */
const INSIDE: Readonly<Partial<Record<Place, Destination>>> = {
  tip: "inbox",
  file: "inbox",
  timeline: "inbox",
  entity: "entities",
  referral: "referrals",
  claim: "claims",
};

/** What the views of referrals and claims show. */
const SHOWN_OF = {
  referrals: ["referrals", "line"],
  referral: ["referral", "letter", "preview"],
  claims: ["claims", "line", "preview"],
  claim: ["claim", "preview"],
} as const;

/** What the place for imports shows. */
const IMPORT_PARTS = ["importing", "fingerprint", "uploading", "imported"] as const;

type Drawing = (state: State, dispatch: Dispatch) => HTMLElement;

export class View {
  readonly #dispatch: Dispatch;
  readonly #root: HTMLElement;
  readonly #header = make("header", {});
  readonly #main = make("main", { id: "main", tabindex: "-1" });
  readonly #message = make("p", { role: "status", class: "message" });
  readonly #inbox: InboxView;
  readonly #entities: EntitiesView;
  #dialog: HTMLDialogElement | null = null;

  constructor(dispatch: Dispatch) {
    this.#dispatch = dispatch;
    this.#inbox = new InboxView(dispatch);
    this.#entities = new EntitiesView(dispatch);
    const root = document.getElementById("window");
    if (root === null) throw new Error("the document has no place for the window");
    this.#root = root;
    root.append(this.#header, this.#message, this.#main);
  }

  focusSearch(where: "search" | "entities"): void {
    if (where === "search") this.#inbox.focusSearch();
    else this.#entities.focusSearch();
  }

  draw(state: State, before: State): void {
    if (state.locked !== null) {
      this.#drawLocked(state.locked);
      return;
    }
    if (state.desk !== before.desk || state.place !== before.place || state.alive !== before.alive) this.#drawHeader(state);
    if (this.#message.textContent !== state.message) this.#message.textContent = state.message;
    this.#drawPlace(state, before);
    this.#main.ariaBusy = state.stale ? "true" : null;
    if (state.panel !== before.panel) this.#drawPanel(state);
    else if (this.#dialog !== null && state.message !== before.message) this.#tellInDialog(state.message);
  }

  /** Nothing of any tip stays in the document. */
  #drawLocked(why: string): void {
    this.#dialog?.remove();
    this.#root.replaceChildren(
      make(
        "main",
        { class: "locked" },
        make("h1", {}, "Locked"),
        make("p", { role: "alert" }, why),
        make("p", {}, "Open the window again on the command line. The cards are needed for it."),
      ),
    );
  }

  #drawHeader({ desk, place, alive }: State): void {
    if (desk === null) return;
    const go = (to: Destination) => () => {
      this.#dispatch({ do: "go", to });
    };
    const open = desk.officers ? OFFICERS_PLACES : isReader(desk) ? PLACES : PLACES.filter(([to]) => to === "importing");
    const places = open.map(([to, label]) => {
      const waiting = to === "decisions" && desk.decisions > 0 ? ` (${String(desk.decisions)})` : "";
      const here = to === (INSIDE[place] ?? place);
      return button(`${label}${waiting}`, go(to), { "aria-current": here ? "page" : undefined });
    });
    const filling = alive.read < alive.total ? `Reading tips: ${String(alive.read)} of ${String(alive.total)}` : "";
    const panel = (name: "help" | "handover") => () => {
      this.#dispatch({ do: "panel", panel: name });
    };
    this.#header.replaceChildren(
      make("strong", {}, desk.officers ? "Firsthand rewards" : "Firsthand review"),
      make("span", { class: "practice" }, desk.practice ? "Practice: protects nothing" : ""),
      make("nav", { "aria-label": "Places" }, ...places),
      make("span", { class: "filling" }, filling),
      make("span", { class: "person" }, `${desk.person.name} (${desk.person.roles.join(", ")})`),
      button("Change person", panel("handover")),
      button("Keys", panel("help")),
      button("Lock", () => {
        this.#dispatch({ do: "lock" });
      }),
    );
  }

  #drawPlace(state: State, before: State): void {
    const moved = state.place !== before.place || this.#main.childElementCount === 0;
    switch (state.place) {
      case "inbox":
        if (moved) this.#show(this.#inbox.element);
        this.#inbox.draw(state);
        if (moved) this.#inbox.focus();
        return;
      case "tip":
        if (moved || state.tip !== before.tip) {
          this.#show(tipView(state, this.#dispatch));
          if (moved || state.tip?.row.id !== before.tip?.row.id) this.#focusHeading();
        }
        return;
      case "file":
        if (moved || state.file !== before.file || state.desk !== before.desk) {
          this.#redraw(fileView(state, this.#dispatch));
          if (moved) this.#focusHeading();
        }
        return;
      case "entities":
        if (moved) this.#show(this.#entities.element);
        this.#entities.draw(state);
        if (moved) this.#entities.focus();
        return;
      case "entity":
        if (moved || state.casework.entity !== before.casework.entity) this.#redraw(entityView(state, this.#dispatch));
        if (moved || state.casework.entity?.row.entity !== before.casework.entity?.row.entity) this.#focusHeading();
        return;
      case "timeline":
        if (moved || state.casework !== before.casework) this.#redraw(timelineView(state, this.#dispatch));
        if (moved) this.#focusHeading();
        return;
      case "referrals":
        this.#drawLines(referralsView, state, before, moved, SHOWN_OF.referrals);
        return;
      case "claims":
        this.#drawLines(claimsView, state, before, moved, SHOWN_OF.claims);
        return;
      case "referral":
        this.#drawOne(referralView, state, before, moved || state.referral?.referral !== before.referral?.referral, SHOWN_OF.referral);
        return;
      case "claim":
        this.#drawOne(claimView, state, before, moved || state.claim?.claim !== before.claim?.claim, SHOWN_OF.claim);
        return;
      case "decisions":
        if (moved || state.decisions !== before.decisions || state.casework.proposing !== before.casework.proposing)
          this.#show(decisionsView(state, this.#dispatch));
        if (moved) this.#focusHeading();
        return;
      case "overview":
        if (moved || state.overview !== before.overview) this.#show(overviewView(state, this.#dispatch));
        if (moved) this.#focusHeading();
        return;
      case "importing":
        if (moved || IMPORT_PARTS.some((part) => state[part] !== before[part])) this.#show(importView(state, this.#dispatch));
        // The file that was chosen stays chosen.
        if (state.alive.work !== before.alive.work) this.#tellWork(state.alive.work);
        if (moved) this.#focusHeading();
        return;
      case "outbox":
        if (moved || state.outbox !== before.outbox || state.codes !== before.codes) this.#redraw(outboxView(state, this.#dispatch));
        if (moved) this.#focusHeading();
    }
  }

  /** A list in which one line is chosen: that one has the focus. */
  #drawLines(draw: Drawing, state: State, before: State, moved: boolean, parts: readonly (keyof State)[]): void {
    if (!moved && parts.every((part) => state[part] === before[part])) return;
    this.#redraw(draw(state, this.#dispatch));
    if (moved) this.#focusHeading();
    else if (state.preview !== before.preview) this.#main.querySelector<HTMLElement>("[data-asked]")?.focus();
    else if (state.line !== before.line) this.#main.querySelector<HTMLElement>("[data-chosen]")?.focus();
  }

  #drawOne(draw: Drawing, state: State, before: State, moved: boolean, parts: readonly (keyof State)[]): void {
    if (!moved && parts.every((part) => state[part] === before[part])) return;
    this.#redraw(draw(state, this.#dispatch));
    if (moved) this.#focusHeading();
    // What was asked for is below everything else.
    else if (state.letter !== before.letter || state.preview !== before.preview)
      this.#main.querySelector<HTMLElement>("[data-asked]")?.focus();
  }

  #tellWork(work: string | null): void {
    const told = this.#main.querySelector(".work");
    if (told !== null) told.textContent = workText(work);
  }

  #show(...elements: HTMLElement[]): void {
    this.#main.replaceChildren(...elements);
  }

  #focusHeading(): void {
    const heading = this.#main.querySelector("h1");
    heading?.focus();
    scrollTo(0, 0);
  }

  /** Shows a place anew; the button that has the focus has it afterwards. */
  #redraw(element: HTMLElement): void {
    const focused = document.activeElement?.getAttribute("aria-keyshortcuts") ?? "";
    this.#show(element);
    if (focused !== "") this.#focusButton(focused);
  }

  /** A button that was drawn anew keeps the focus; one that is gone gives it to the heading. */
  #focusButton(key: string): void {
    const buttons = [...this.#main.querySelectorAll("button")];
    const same = buttons.find((one) => one.getAttribute("aria-keyshortcuts") === key);
    if (same === undefined) this.#focusMain();
    else same.focus({ preventScroll: true });
  }

  #drawPanel(state: State): void {
    this.#dialog?.remove();
    this.#dialog = state.panel === null ? null : ask(state, state.panel, this.#dispatch);
    if (this.#dialog === null) {
      if (state.place === "inbox") this.#inbox.focus();
      else if (state.place === "entities") this.#entities.focus();
      else this.#focusMain();
      return;
    }
    this.#root.append(this.#dialog);
    this.#dialog.showModal();
  }

  #focusMain(): void {
    this.#main.querySelector("h1")?.focus({ preventScroll: true });
  }

  #tellInDialog(message: string): void {
    const told = this.#dialog?.querySelector(".told");
    if (told instanceof HTMLElement) told.textContent = message;
  }
}
