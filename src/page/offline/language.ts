/**
 * Makes the document speak the language that the address's fragment names (`#ug`), before anything else looks at it. The file is written in its first language; the
 * others lie in templates. Another language is another loading of the page: nothing of what was typed could be carried over anyway.
 */
import { all } from "../view/dom.ts";

const ID = "in-";
const root = document.documentElement;
const first = root.lang;
const templates = all("template", HTMLTemplateElement);
const languages = [first, ...templates.map(({ id }) => id.slice(ID.length))];

/** The language in the address; of none, the first; `null` if the fragment is for something else. */
function named(): string | null {
  const fragment = location.hash.slice(1);
  return languages.find((tag) => tag === (fragment === "" ? first : fragment)) ?? null;
}

// A script runs, so it works from here.
document.getElementById("elsewhere")?.remove();
const shown = named() ?? first;
const template = templates.find(({ id }) => id === `${ID}${shown}`);
if (template !== undefined) {
  root.lang = shown;
  root.dir = template.dataset["dir"] ?? "";
  document.title = template.dataset["title"] ?? "";
  document.body.replaceChildren(template.content);
}

addEventListener("hashchange", () => {
  const wanted = named();
  // The link to the content took the language out of the address.
  if (wanted === null) history.replaceState(null, "", `#${shown}`);
  else if (wanted !== shown) location.reload();
});
