/** How to send a tip that is carried as a file, and the form that takes it: on a page of its own, and on every page for browsers without a script. */
import type { Locale } from "../locales/locale.ts";
import { items, type Markup, markup } from "./markup.ts";

/** Address of the offline page. */
export const OFFLINE_PAGE = "/offline/firsthand.html";

/** Address of the page that explains this way and has the form. */
export function sendFilePage({ tag }: Locale): string {
  return `/${tag}/send-file/`;
}

/** What to do, with the link to the offline page. */
export function carriedWay({ carried: own }: Locale): Markup {
  return markup`<p>${own.lead}</p>${items(own.steps, "ol")}
<p><a class="button" href="${OFFLINE_PAGE}" download="page.html">${own.get}</a></p>
<p class="strong">${own.warning}</p>`;
}

/** The form. It works without a script, and there is nothing in it that a browser could keep. */
export function sendForm({ tag, carried: { form: own } }: Locale): Markup {
  return markup`<form class="block" method="post" action="/tips" enctype="multipart/form-data" autocomplete="off">
<input type="hidden" name="language" value="${tag}">
<p><label class="above" for="file">${own.label}</label><input id="file" type="file" name="file" required aria-describedby="file-hint"></p>
<p id="file-hint" class="hint">${own.hint}</p>
${items(own.notes)}
<p><button type="submit" class="main">${own.button}</button></p>
</form>`;
}
