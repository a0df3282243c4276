/** What lies over a place: help, the change of persons, and the forms. */
import { make, button } from "../dom.ts";
import { caseFormOf, isCaseForm } from "../case-forms.ts";
import { type Field, formOf, formsFor, type Values } from "../forms.ts";
import { KEYS } from "../keys.ts";
import { LONGEST_FILTER_NAME } from "../../wire.ts";
import type { Panel, State } from "../state.ts";
import type { Dispatch } from "./view.ts";

/** A dialog that is not shown yet. Closing it, in whichever way, closes the panel. */
export function ask(state: State, panel: Panel, dispatch: Dispatch): HTMLDialogElement {
  const dialog = make("dialog", { "aria-labelledby": "dialog-title" });
  const close = (): void => {
    dispatch({ do: "panel", panel: null });
  };
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.append(...contentOf(state, panel, dispatch, close));
  return dialog;
}

function contentOf(state: State, panel: Panel, dispatch: Dispatch, close: () => void): Node[] {
  if (panel === "help") return helpOf(state, close);
  if (panel === "handover") return handoverOf(state, dispatch, close);
  if (panel === "save-filter") return saveFilterOf(dispatch, close);
  if (isCaseForm(panel)) {
    const { title, fields, submit } = caseFormOf(panel, state);
    return formElement(title, fields, submit, close, (values) => {
      dispatch({ do: "submit-case", form: panel, values });
    });
  }
  const content = state.tip?.content;
  if (state.tip === null || !content || state.desk === null) return [];
  const { title, fields, submit } = formOf(panel, { tip: state.tip, content, desk: state.desk, marked: state.marked });
  return formElement(title, fields, submit, close, (values) => {
    dispatch({ do: "submit", form: panel, values });
  });
}

function titleOf(text: string): HTMLElement {
  return make("h2", { id: "dialog-title" }, text);
}

function helpOf({ tip }: State, close: () => void): Node[] {
  const forms = tip?.content
    ? formsFor(tip.content).map(({ key, button: label }) => [key, `in this tip: ${label.toLowerCase()}`] as const)
    : [];
  const rows = [...KEYS, ...forms].map(([keys, what]) => make("tr", {}, make("th", { scope: "row" }, keys), make("td", {}, what)));
  return [titleOf("Keys"), make("table", {}, make("tbody", {}, ...rows)), button("Close", close, { autofocus: true })];
}

function handoverOf({ desk }: State, dispatch: Dispatch, close: () => void): Node[] {
  const people = (desk?.people ?? []).map(({ name }) => [name, name] as const);
  const fields: Field[] = [
    { name: "person", label: "Who sits down", kind: "choice", options: people },
    { name: "secret", label: "Their passphrase, or the words of their card", kind: "line", hint: "Empty in a practice casebook." },
  ];
  return formElement("Another person", fields, "Sit down", close, (values) => {
    dispatch({ do: "handover", person: values["person"]?.[0] ?? "", secret: values["secret"]?.[0] ?? "" });
  });
}

function saveFilterOf(dispatch: Dispatch, close: () => void): Node[] {
  const fields: Field[] = [
    {
      name: "name",
      label: "Name",
      kind: "line",
      hint: "It is kept for you alone, encrypted in the casebook. A filter of the same name is replaced.",
    },
  ];
  return formElement("Keep this filter", fields, "Keep", close, (values) => {
    dispatch({ do: "save-filter", name: (values["name"]?.[0] ?? "").slice(0, LONGEST_FILTER_NAME) });
  });
}

function formElement(title: string, fields: readonly Field[], submit: string, close: () => void, send: (values: Values) => void): Node[] {
  const form = make(
    "form",
    {},
    titleOf(title),
    ...fields.map(fieldElement),
    make("p", { class: "told", role: "alert" }),
    make("div", { class: "buttons" }, make("button", { type: "submit", class: "first" }, submit), button("Cancel", close)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    send(Object.fromEntries(fields.map(({ name }) => [name, data.getAll(name).filter((value) => typeof value === "string")])));
  });
  return [form];
}

function fieldElement({ name, label, kind, options = [], value = "", hint }: Field): HTMLElement {
  const id = `field-${name}`;
  const told = hint === undefined ? null : make("p", { class: "hint", id: `${id}-hint` }, hint);
  const about = { id, name, "aria-describedby": hint === undefined ? undefined : `${id}-hint` };
  switch (kind) {
    case "several":
      return make(
        "fieldset",
        {},
        make("legend", {}, label),
        ...options.map(([code, shown]) => make("label", { class: "tick" }, make("input", { type: "checkbox", name, value: code }), shown)),
      );
    case "yes":
      return make("label", { class: "tick" }, make("input", { type: "checkbox", name, value: "yes" }), label);
    case "choice": {
      const select = make(
        "select",
        about,
        ...options.map(([code, shown]) => make("option", { value: code, selected: code === value }, shown)),
      );
      return make("div", { class: "field" }, make("label", { for: id }, label), select, told);
    }
    case "line":
    case "words": {
      const secret = name === "secret";
      const field =
        kind === "words"
          ? make("textarea", { ...about, rows: "6", dir: "auto" })
          : make("input", { ...about, type: secret ? "password" : "text", dir: "auto", autocomplete: "off" });
      field.value = value;
      return make("div", { class: "field" }, make("label", { for: id }, label), field, told);
    }
  }
}
