/** The form's fields: what is typed becomes events, and the state is written back into them. */
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import { fill } from "../compose/review.ts";
import { type Compose, LONGEST_NARRATIVE, WORD_LISTS } from "../compose/state.ts";
import type { ComposeEvent } from "../compose/update.ts";
import type { LiveText } from "../locales/locale.ts";
import { all, byId, put, say } from "./dom.ts";

/** From how few characters left on they are counted aloud. */
const FEW_LEFT = 2_000;

/** Listens to all fields; returns what writes the state into them. */
export function openFields(send: (event: ComposeEvent) => void, live: LiveText): (state: Compose) => void {
  const narrative = byId("narrative", HTMLTextAreaElement);
  narrative.addEventListener("input", () => {
    send({ type: "narrative", text: narrative.value });
  });

  const basis = radios("basis", VOCABULARY.basis, (code) => {
    send({ type: "basis", code });
  });
  const category = radios("witness-category", VOCABULARY.witness_category, (code) => {
    send({ type: "witness-category", code });
  });
  const sharing = radios("sharing", VOCABULARY.sharing, (code) => {
    send({ type: "sharing", code });
  });
  const events = ticks("event-type", VOCABULARY.event_types, (code, on) => {
    send({ type: "event-type", code, on });
  });
  const evidence = ticks("evidence", VOCABULARY.evidence_held, (code, on) => {
    send({ type: "evidence", code, on });
  });
  const when = whenFields(send);

  const where = byId("where", HTMLSelectElement);
  where.addEventListener("change", () => {
    send({ type: "where", code: VOCABULARY.where.find((code) => code === where.value) ?? null });
  });
  const list = byId("list", HTMLSelectElement);
  list.addEventListener("change", () => {
    send({ type: "list-chosen", list: WORD_LISTS.find((name) => name === list.value) ?? "english" });
  });
  const wishes = (["reply", "claim", "later"] as const).map((what) => {
    const box = byId(`wants-${what}`, HTMLInputElement);
    box.addEventListener("change", () => {
      send({ type: "wants", what, on: box.checked });
    });
    return { what, box };
  });

  return ({ draft, list: chosenList }) => {
    put(narrative, draft.narrative);
    const left = LONGEST_NARRATIVE - draft.narrative.length;
    say(byId("characters-left", HTMLElement), left < FEW_LEFT ? fill(live.charactersLeft, { n: String(left) }) : "");
    basis(draft.basis);
    category(draft.witnessCategory);
    sharing(draft.sharing);
    events(draft.eventTypes);
    evidence(draft.evidenceHeld);
    when(draft.when);
    put(where, draft.where ?? "");
    put(list, chosenList);
    const wants = { reply: draft.wantsReply, claim: draft.wantsClaim, later: draft.wantsLater };
    for (const { what, box } of wishes) box.checked = wants[what];
  };
}

function inputs<T extends string>(name: string, codes: readonly T[]): readonly { code: T; input: HTMLInputElement }[] {
  return all(`input[name="${name}"]`, HTMLInputElement).flatMap((input) => {
    const code = codes.find((known) => known === input.value);
    return code === undefined ? [] : [{ code, input }];
  });
}

function radios<T extends string>(name: string, codes: readonly T[], chosen: (code: T) => void): (code: T | null) => void {
  const group = inputs(name, codes);
  for (const { code, input } of group) {
    input.addEventListener("change", () => {
      if (input.checked) chosen(code);
    });
  }
  return (current) => {
    for (const { code, input } of group) input.checked = code === current;
  };
}

function ticks<T extends string>(
  name: string,
  codes: readonly T[],
  changed: (code: T, on: boolean) => void,
): (codes: readonly T[]) => void {
  const group = inputs(name, codes);
  for (const { code, input } of group) {
    input.addEventListener("change", () => {
      changed(code, input.checked);
    });
  }
  return (current) => {
    for (const { code, input } of group) input.checked = current.includes(code);
  };
}

function whenFields(send: (event: ComposeEvent) => void): (when: Compose["draft"]["when"]) => void {
  const from = byId("when-from", HTMLInputElement);
  const to = byId("when-to", HTMLInputElement);
  const about = byId("when-about", HTMLInputElement);
  const ongoing = byId("when-ongoing", HTMLInputElement);
  for (const field of [from, to, about, ongoing]) {
    field.addEventListener("input", () => {
      send({ type: "when", when: { from: from.value, to: to.value, about: about.checked, ongoing: ongoing.checked } });
    });
  }
  return (when) => {
    put(from, when.from);
    put(to, when.to);
    about.checked = when.about;
    ongoing.checked = when.ongoing;
    to.disabled = when.ongoing;
  };
}

/** Labels of codes, as the document has them. */
export function labelsOf(name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    all(`input[name="${name}"]`, HTMLInputElement).map((input) => [input.value, input.labels?.[0]?.textContent.trim() ?? input.value]),
  );
}

/** Names of places, as the document has them. */
export function placeNames(): Readonly<Record<string, string>> {
  return Object.fromEntries([...byId("where", HTMLSelectElement).options].map((option) => [option.value, option.text]));
}
