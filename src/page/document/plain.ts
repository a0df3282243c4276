/** Three pages without a script: the form for a tip that is carried as a file, and its two answers. */
import type { Program } from "../../protocol/format/program.ts";
import type { Locale } from "../locales/locale.ts";
import { carriedWay, sendFilePage, sendForm } from "./carried.ts";
import { draftNotice, formatHead, languageLinks } from "./document.ts";
import { items, type Markup, markup } from "./markup.ts";
import { notices } from "./program.ts";

/** What all three refer to. */
export interface PlainSettings {
  /** Public demo keys: say so on top. */
  readonly demo: boolean;
  /** The rewards program; null if none is configured. */
  readonly program: Program | null;
  /** Subresource integrity of the style. */
  readonly style: string;
}

/** The three pages of a language, by their folders. */
export function formatPlainPages(locale: Locale, languages: readonly Locale[], settings: PlainSettings): ReadonlyMap<string, string> {
  const { carried: own, text } = locale;
  const pages: Readonly<Record<string, { title: string; content: Markup }>> = {
    "send-file": {
      title: own.title,
      content: markup`${carriedWay(locale)}
<h2>${own.send}</h2>
${sendForm(locale)}`,
    },
    received: {
      title: own.received.title,
      content: markup`<p class="strong">${own.received.what}</p>
${items(own.received.todo)}`,
    },
    refused: {
      title: own.refused.title,
      content: markup`<p class="strong">${own.refused.what}</p>
<h2>${own.refused.reasonsTitle}</h2>
${items(own.refused.reasons)}
<p><a href="${sendFilePage(locale)}">${own.title}</a></p>
<h2>${own.send}</h2>
${sendForm(locale)}`,
    },
  };
  return new Map(
    Object.entries(pages).map(([folder, { title, content }]) => [
      folder,
      markup`${formatHead(
        locale,
        title,
        markup`<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/page.css" integrity="${settings.style}">`,
      )}
<body>
<a class="skip" href="#content">${text.skipToContent}</a>
<header><div class="bar"><p class="brand">Firsthand</p></div></header>
<main id="content">
${settings.demo ? markup`<p class="demo"><strong>${text.demo}</strong></p>` : ""}
<h1>${title}</h1>
${languages.length > 1 ? languageLinks(locale, languages, ({ tag }) => `/${tag}/${folder}/`) : ""}
${locale.status === "draft" ? draftNotice(locale, `/en/${folder}/`) : ""}
${content}
<p><a href="/${locale.tag}/">${own.form.home}</a></p>
</main>
${notices(locale, settings.program)}
</body>
</html>
`.html,
    ]),
  );
}
