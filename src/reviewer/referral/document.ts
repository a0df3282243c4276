/** A dossier as a document to be read and printed: the nineteen parts in their order, nothing that is not in the dossier. The same dossier gives the same bytes. */
import { bullets, documentOf, type Html, html, prose, table } from "../html.ts";
import { labelled } from "../labels.ts";
import type { Dossier } from "./dossier.ts";

/** The document, HTML. */
export function dossierDocument(dossier: Dossier): string {
  const title = `Referral ${dossier.reference}: ${dossier.title}`;
  return documentOf(
    title,
    html`<h1 dir="auto">${title}</h1>
      <p>${dossier.date} · ${dossier.origin}</p>
      ${[...head(dossier), ...middle(dossier), ...end(dossier)]}`,
  );
}

function part(number: number, title: string, body: Html | readonly Html[]): Html {
  return html`<section>
    <h2>${number}. ${title}</h2>
    ${body}
  </section>`;
}

function head({ handling, request, summary, sources, accounts, subjects }: Dossier): Html[] {
  return [
    part(
      1,
      "Handling",
      html`<div class="caveat">${bullets(handling.caveat)}</div>
        <h3>Limits of sharing</h3>
        ${bullets(handling.limits)}`,
    ),
    part(
      2,
      "What is asked",
      html`${prose(request.action)}
        <p>Program: ${request.program ?? "none named"}. Route: ${request.route ?? "none named"}.</p>
        ${table(
          ["Authority", "Covers"],
          request.authority.map(({ paragraph, covers }) => [paragraph, covers]),
        )}`,
    ),
    part(3, "Summary", prose(summary)),
    part(
      4,
      "Sources",
      table(
        ["Source", "Witness", "Received", "Who they are to it", "How they know", "Access", "Grade"],
        sources.map((source) => [
          source.source,
          source.witness,
          source.received,
          source.category ?? "not said",
          source.basis ?? "not said",
          source.access,
          source.grade === null
            ? "not settled"
            : `${source.grade.source}${String(source.grade.information)} (${source.grade.reasons.join(", ") || "no reason given"})`,
        ]),
      ),
    ),
    part(
      5,
      "Accounts, without what was removed",
      accounts.map(
        ({ source, language, text, translations }) =>
          html`<h3>${source}, as written (${language ?? "language not known"})</h3>
            ${prose(text)}${translations.map(
              (translation) =>
                html`<h3>
                    ${source}, ${translation.language}, ${translation.method} translation by
                    ${translation.translator}${translation.certified ? ", certified" : ""}
                  </h3>
                  ${prose(translation.text)}`,
            )}`,
      ),
    ),
    part(
      6,
      "Subjects",
      table(
        ["No.", "Kind", "Names", "Role", "Identifiers", "Sources"],
        subjects.map(({ subject, kind, names, role, identifiers, mentions }) => [
          subject,
          kind,
          namesOf(names),
          role ?? "",
          identifiers.join("; "),
          mentions.map(({ source, certainty }) => `${source} (${certainty})`).join(", "),
        ]),
      ),
    ),
  ];
}

function middle({ timeline, places, elements, corroboration, contradicting }: Dossier): Html[] {
  const codes = [...new Set(elements.map(({ element }) => element))].sort();
  return [
    part(
      7,
      "Timeline",
      table(
        ["When (EDTF)", "Where", "What", "Sources"],
        timeline.map(({ when, where, what, sources }) => [when, where ?? "", what, sources.join(", ")]),
      ),
    ),
    part(
      8,
      "Places",
      table(
        ["Place", "Sources"],
        places.map(({ code, names, sources }) => [code === null ? namesOf(names) : labelled("where", code), sources.join(", ")]),
      ),
    ),
    part(
      9,
      "Elements",
      codes.map(
        (code) =>
          html`<h3>${code}</h3>
            ${table(
              ["Source", "Stance", "Quote", "Coder"],
              elements
                .filter(({ element }) => element === code)
                .map(({ source, stance, quote, coder }) => [source, stance, quote ?? "", coder]),
            )}`,
      ),
    ),
    part(
      10,
      "Corroboration",
      table(
        ["One", "Other", "Link", "Independent", "Same witness"],
        corroboration.map(({ one, other, link, independent, same_witness }) => [
          one,
          other,
          link,
          independent,
          same_witness ? "yes" : "no",
        ]),
      ),
    ),
    part(
      11,
      "What speaks against it",
      html`${
        contradicting.none_known
          ? html`<p>The authors looked for contradicting and exculpatory points and know of none.</p>`
          : table(
              ["Point", "Sources"],
              contradicting.remarks.map(({ text, sources }) => [text, sources.join(", ")]),
            )
      }${contradicting.links.length === 0 ? "" : html`<p>Contradict each other: ${contradicting.links.map(({ one, other }) => `${one} and ${other}`).join("; ")}.</p>`}`,
    ),
  ];
}

function end(dossier: Dossier): Html[] {
  const { exhibits, gaps, consent, risk, significance, inducements, declarations, removals } = dossier;
  return [
    part(
      12,
      "Exhibits",
      exhibits.length === 0
        ? bullets([])
        : exhibits.map(
            ({ exhibit, source, file, form, size, sha256, custody }) =>
              html`<h3>${exhibit}, from ${source}: ${file ?? "not passed on"}</h3>
                <p>${form}, ${size} bytes, SHA-256 <code>${sha256}</code></p>
                ${table(
                  ["When", "By", "What"],
                  custody.map(({ at, by, what }) => [at, by ?? "", what]),
                )}`,
          ),
    ),
    part(
      13,
      "Gaps and questions",
      html`<h3>Not known</h3>
        ${bullets(gaps.known)}
        <h3>Questions that could be asked</h3>
        ${bullets(gaps.questions)}`,
    ),
    part(
      14,
      "Consent",
      table(
        ["Source", "Said at first", "Since then"],
        consent.map(({ source, sharing, note }) => [source, labelled("sharing", sharing), note ?? ""]),
      ),
    ),
    part(
      15,
      "Risk if acted upon",
      html`<h3>To sources</h3>
        ${prose(risk.source)}
        <h3>To others</h3>
        ${prose(risk.others)}`,
    ),
    part(16, "Significance", prose(significance)),
    part(
      17,
      "Inducements",
      html`<p dir="auto">${inducements.offer ?? "No offer of a reward was public here."}</p>
        <h3>What sources were told about rewards</h3>
        ${bullets(inducements.told)}
        <p>${inducements.sealed_claims}</p>`,
    ),
    part(
      18,
      "Declarations",
      html`<p>Authors: ${declarations.authors.join(", ")}. Two others approved; their signatures are in approvals.json.</p>
        ${table(
          ["Person", "Source", "Ties"],
          declarations.ties.map(({ person, source, ties }) => [person, source, ties.join(", ") || "none"]),
        )}`,
    ),
    part(
      19,
      "Removals",
      table(
        ["Source", "Text", "From character", "Characters", "Why", "By", "Day"],
        removals.map(({ source, text, place, characters, reason, person, day }) => [
          source,
          text === 0 ? "account" : `translation ${String(text)}`,
          place,
          characters,
          reason,
          person,
          day,
        ]),
      ),
    ),
  ];
}

function namesOf(names: readonly { readonly text: string; readonly romanised: string | null }[]): string {
  return names.map(({ text, romanised }) => (romanised === null ? text : `${text} (${romanised})`)).join("; ");
}
