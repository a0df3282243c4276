/** What lies over a place: help, the change of persons, and the forms. */
import { make, button } from "../dom.ts";
import { caseFormOf, isCaseForm } from "../case-forms.ts";
import { type Field, formsFor, type Values } from "../forms.ts";
import { actionsHere, KEYS, OFFICERS_KEYS } from "../keys.ts";
import { LONGEST_FILTER_NAME } from "../../wire.ts";
import { formShown, type Panel, type State } from "../state.ts";
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
  const form = formShown(state, panel);
  if (form === null) return [];
  return formElement(form.title, form.fields, form.submit, close, (values) => {
    dispatch({ do: "submit", form: panel, values });
  });
}

function titleOf(text: string): HTMLElement {
  return make("h2", { id: "dialog-title" }, text);
}

function helpOf(state: State, close: () => void): Node[] {
  const { tip, desk } = state;
  const actions = actionsHere(state).map(({ key, button: label }) => [key, `here: ${label.toLowerCase()}`] as const);
  const forms = tip?.content
    ? formsFor(tip.content).map(({ key, button: label }) => [key, `in this tip: ${label.toLowerCase()}`] as const)
    : [];
  const rows = [...(desk?.officers === true ? OFFICERS_KEYS : KEYS), ...forms, ...actions].map(([keys, what]) =>
    make("tr", {}, make("th", { scope: "row" }, keys), make("td", {}, what)),
  );
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
    void valuesOf(new FormData(form), fields).then(send);
  });
  return [form];
}

/** What was filled in; files as base64, which the browser makes of them. */
async function valuesOf(data: FormData, fields: readonly Field[]): Promise<Values> {
  const values: Record<string, readonly string[]> = {};
  for (const { name } of fields)
    values[name] = await Promise.all(
      data.getAll(name).map((value) => (typeof value === "string" ? Promise.resolve(value) : base64Of(value))),
    );
  return values;
}

function base64Of(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const { result } = reader;
      resolve(typeof result === "string" ? result.slice(result.indexOf(",") + 1) : "");
    };
    reader.onerror = () => {
      reject(new Error("the file cannot be read"));
    };
    reader.readAsDataURL(file);
  });
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
      return make(
        "div",
        {},
        make("label", { class: "tick" }, make("input", { ...about, type: "checkbox", value: "yes", checked: value === "yes" }), label),
        told,
      );
    case "day":
    case "file":
    case "files": {
      const type = kind === "day" ? "date" : "file";
      const field = make("input", { ...about, type, multiple: kind === "files" });
      return make("div", { class: "field" }, make("label", { for: id }, label), field, told);
    }
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
