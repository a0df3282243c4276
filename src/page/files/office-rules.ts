/**
 * Where office documents keep what is not part of their text, and what becomes of it in a cleaned copy. One set of rules for each family of formats.
 *
 * Names and moments that a format demands are replaced by ones that say nothing; what it does not demand is left out. Relationships to parts that are gone
 * are taken out too, since programs take a document that refers to nothing for a broken one.
 */
import type { Findings, Trait } from "./findings.ts";
import { Unreadable } from "./slices.ts";
import { type Attribute, DROP, type Editor, type Fate, KEEP, type Tag, unescapeXml } from "./xml.ts";

/** Rules for one family of formats. */
export interface Rules {
  /** Parts that a cleaned copy does not have. */
  readonly isDropped: (part: string) => boolean;
  readonly isXml: (part: string) => boolean;
  /** Notes what a part's name alone says. */
  readonly notePart: (part: string, found: Findings) => void;
  /** What is to be done in a part, `dropped` being those that go. Notes what it meets. */
  readonly editor: (part: string, dropped: ReadonlySet<string>, found: Findings) => Editor;
}

/** Stands for any name. */
const NOBODY = "Author";
const NO_MOMENT = "1980-01-01T00:00:00";
const NO_PATH = "file:///none";
/** Paths on somebody's device or network, in a link. */
const LOCAL_PATH = /^(?:file:|\\\\|[A-Za-z]:[\\/])/i;
const PATH_INSIDE = /file:|\\\\|[A-Za-z]:[\\/]/i;

function matchedBy(patterns: readonly RegExp[]): (part: string) => boolean {
  return (part) => patterns.some((pattern) => pattern.test(part));
}

function notedBy(marks: readonly (readonly [RegExp, Trait])[]): (part: string, found: Findings) => void {
  return (part, found) => {
    for (const [pattern, trait] of marks) if (pattern.test(part)) found.note(trait);
  };
}

function attributeOf({ attributes }: Tag, local: string): string | undefined {
  return attributes.find((attribute) => attribute.local === local)?.value;
}

/** Notes a name, unless it is the one that stands for any. */
function noteName(found: Findings, name: string | undefined): void {
  const plain = unescapeXml(name ?? "");
  if (plain !== NOBODY) found.noteText("person", plain);
}

/** The same attributes with some changed or, where the change is `null`, taken out. */
function changed(attributes: readonly Attribute[], change: (attribute: Attribute) => string | null): Fate {
  const values = attributes.map(change);
  if (values.every((value, index) => value === attributes[index]?.value)) return KEEP;
  const kept = attributes.flatMap((attribute, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [{ ...attribute, value }];
  });
  return { kind: "attributes", attributes: kept };
}

// Office Open XML

const PROPERTIES: Readonly<Record<string, Trait>> = {
  creator: "author",
  lastModifiedBy: "editor",
  created: "date",
  modified: "date",
  lastPrinted: "date",
  revision: "edits",
  title: "title",
  subject: "title",
  description: "title",
  keywords: "title",
  category: "title",
  Application: "program",
  Company: "company",
  Manager: "person",
};

/** Elements that are left out, with what they give away. */
const LEFT_OUT: Readonly<Record<string, Trait>> = {
  rsids: "ids",
  rsid: "ids",
  docId: "ids",
  revisionPtr: "ids",
  docVars: "hidden",
  custDataLst: "hidden",
  attachedTemplate: "path",
  mailMerge: "path",
  absPath: "path",
  fileSharing: "person",
};
/** Relationships of what is left out. */
const LEFT_OUT_RELATIONSHIPS = /\/(?:attachedTemplate|mailMergeSource|mailMergeHeaderSource|recipientData)$/;

const PEOPLE = ["cmAuthor", "author", "person"];
const REMARKS = ["comment", "cm", "threadedComment"];
const CHANGES = /^(?:ins|del|moveFrom|moveTo|cellIns|cellDel|cellMerge|numberingChange|[A-Za-z]+Change)$/;

/** Office Open XML. */
export const OOXML: Rules = {
  isDropped: matchedBy([
    /^docProps\//i,
    /^customXml\//i,
    /^docMetadata\//i,
    /^_xmlsignatures\//i,
    /^\[trash\]\//i,
    /(?:^|\/)printerSettings\//i,
    /(?:^|\/)thumbnail\.[a-z]+$/i,
    /^word\/people\.xml$/i,
    /^xl\/revisions\//i,
  ]),
  isXml: matchedBy([/\.(?:xml|rels)$/i]),
  notePart: notedBy([
    [/^docProps\/custom\.xml$|^customXml\//i, "hidden"],
    [/^docMetadata\//i, "ids"],
    [/^_xmlsignatures\//i, "signature"],
    [/(?:^|\/)printerSettings\//i, "path"],
    [/(?:^|\/)thumbnail\.[a-z]+$/i, "preview"],
    [/^xl\/revisions\//i, "changes"],
    [/\/(?:embeddings|activeX)\/|\/vbaProject\.bin$/i, "embedded"],
    [/\/notesSlides\/[^/]+\.xml$/i, "comments"],
  ]),
  editor: (part, dropped, found) => ({
    element: (tag, parents) => {
      if (part === "[Content_Types].xml") return dropped.has((attributeOf(tag, "PartName") ?? "").slice(1)) ? DROP : KEEP;
      if (part.endsWith(".rels")) return tag.local === "Relationship" ? editRelationship(part, tag, dropped, found) : KEEP;
      return editElement(tag, parents, found);
    },
    text: (text, parents) => {
      const local = parents.at(-1) ?? "";
      const trait = part.startsWith("docProps/") ? PROPERTIES[local] : undefined;
      if (trait !== undefined) found.noteText(trait, unescapeXml(text));
      if (local === "author" && parents.at(-2) === "authors") found.noteText("person", unescapeXml(text));
      // A field that is filled from a file; it stays, since the text would change without it.
      if (local === "instrText" && PATH_INSIDE.test(text)) found.note("path", unescapeXml(text));
    },
  }),
};

function editRelationship(part: string, tag: Tag, dropped: ReadonlySet<string>, found: Findings): Fate {
  const target = unescapeXml(attributeOf(tag, "Target") ?? "");
  if (LOCAL_PATH.test(target) && target !== NO_PATH) found.note("path", target);
  if (LEFT_OUT_RELATIONSHIPS.test(attributeOf(tag, "Type") ?? "")) return DROP;
  if (attributeOf(tag, "TargetMode") !== "External") return dropped.has(resolved(part, target)) ? DROP : KEEP;
  return changed(tag.attributes, ({ local, value }) => (local === "Target" && LOCAL_PATH.test(target) ? NO_PATH : value));
}

/** `word/_rels/document.xml.rels` and `../customXml/item1.xml` give `customXml/item1.xml`. */
function resolved(part: string, target: string): string {
  const path = target.startsWith("/") ? [] : part.split("/").slice(0, -2);
  for (const segment of target.split("/")) {
    if (segment === "..") path.pop();
    else if (segment !== "." && segment !== "") path.push(segment);
  }
  return path.join("/");
}

function editElement(tag: Tag, parents: readonly string[], found: Findings): Fate {
  const { local } = tag;
  const leftOut = LEFT_OUT[local];
  if (leftOut !== undefined) {
    found.note(leftOut, unescapeXml(attributeOf(tag, "url") ?? attributeOf(tag, "userName") ?? ""));
    return DROP;
  }
  if (local === "author" && parents.at(-1) === "authors") return { kind: "text", text: "" };
  if (REMARKS.includes(local)) found.note("comments");
  if (local === "vanish" || isHidden(tag)) found.note("hidden");
  const signed = attributeOf(tag, "author");
  if (signed !== undefined && CHANGES.test(local)) found.note("changes");
  noteName(found, signed);
  const person = PEOPLE.includes(local);
  if (person) noteName(found, attributeOf(tag, "name") ?? attributeOf(tag, "displayName"));
  return changed(tag.attributes, ({ name, local: attribute, value }) => {
    if (/^rsid[A-Z]/.test(attribute) || (attribute === "uid" && name.startsWith("xr"))) {
      found.note("ids");
      return null;
    }
    if (attribute === "author") return NOBODY;
    // Where a picture came from, which some programs write as its description.
    if (attribute === "descr" && LOCAL_PATH.test(unescapeXml(value))) {
      found.note("path", unescapeXml(value));
      return "";
    }
    if (signed !== undefined && (attribute === "initials" || attribute === "date")) return null;
    if (attribute === "dateUtc" || (local === "cm" && attribute === "dt")) return null;
    if ((local === "threadedComment" && attribute === "dT") || (attribute === "created" && /^(?:cm|reply)$/.test(local))) return NO_MOMENT;
    if (local === "pageSetup" && attribute === "id") return null;
    if (!person) return value;
    if (attribute === "name" || attribute === "displayName" || attribute === "userId") return NOBODY;
    return attribute === "initials" ? "A" : attribute === "providerId" ? "None" : value;
  });
}

/** Sheets, rows, columns and slides that are in the document and not shown. */
function isHidden(tag: Tag): boolean {
  if (tag.local === "sheet") return (attributeOf(tag, "state") ?? "visible") !== "visible";
  if (tag.local === "sld") return ["0", "false"].includes(attributeOf(tag, "show") ?? "1");
  return (tag.local === "row" || tag.local === "col") && ["1", "true"].includes(attributeOf(tag, "hidden") ?? "0");
}

// OpenDocument

const META: Readonly<Record<string, Trait>> = {
  "initial-creator": "author",
  creator: "editor",
  "printed-by": "person",
  "creation-date": "date",
  date: "date",
  "print-date": "date",
  generator: "program",
  "editing-cycles": "edits",
  title: "title",
  subject: "title",
  description: "title",
  keyword: "title",
  "user-defined": "hidden",
};

/** Settings that name printers, data sources and edits, and what is written instead. */
const SETTINGS: Readonly<Record<string, string>> = {
  PrinterName: "",
  PrinterSetup: "",
  CurrentDatabaseDataSource: "",
  CurrentDatabaseCommand: "",
  Rsid: "0",
  RsidRoot: "0",
};

/** Elements around names and moments of remarks and recorded changes. */
const SIGNED = ["annotation", "change-info"];

/** OpenDocument. */
export const OPEN_DOCUMENT: Rules = {
  isDropped: matchedBy([
    /(?:^|\/)meta\.xml$/,
    /^Thumbnails\//,
    /^Versions\//,
    /^VersionList\.xml$/,
    /^META-INF\/[a-z]*signatures?\.xml$/i,
    /^layout-cache$/,
  ]),
  isXml: matchedBy([/\.xml$/i]),
  notePart: notedBy([
    [/^Thumbnails\/./, "preview"],
    [/^Versions\/.|^VersionList\.xml$/, "versions"],
    [/^META-INF\/[a-z]*signatures?\.xml$/i, "signature"],
    [/^(?:Basic|Scripts)\/.|^Object [0-9]+$/, "embedded"],
  ]),
  editor: (part, dropped, found) => {
    let setting = "";
    return {
      element: (tag, parents) => {
        if (tag.local === "encryption-data") throw new Unreadable("locked");
        if (tag.local === "file-entry") {
          const path = unescapeXml(attributeOf(tag, "full-path") ?? "");
          return dropped.has(path) || /^(?:Thumbnails|Versions)\//.test(path) ? DROP : KEEP;
        }
        setting = tag.local === "config-item" ? (attributeOf(tag, "name") ?? "") : "";
        const written = SETTINGS[setting];
        if (written !== undefined) return { kind: "text", text: written };
        return editOpenElement(tag, parents, found);
      },
      text: (text, parents) => {
        const local = parents.at(-1) ?? "";
        const about = /(?:^|\/)meta\.xml$/.test(part) ? META[local] : undefined;
        if (about !== undefined) found.noteText(about, unescapeXml(text));
        if (local === "creator" && SIGNED.includes(parents.at(-2) ?? "")) found.noteText("person", unescapeXml(text));
        if (local === "config-item" && setting === "PrinterName") found.noteText("path", unescapeXml(text));
      },
    };
  },
};

function editOpenElement(tag: Tag, parents: readonly string[], found: Findings): Fate {
  const { local } = tag;
  if (local === "annotation") found.note("comments");
  if (local === "changed-region" || local === "change-info") found.note("changes");
  if (attributeOf(tag, "display") === "none" || attributeOf(tag, "visibility") === "collapse") found.note("hidden");
  if (SIGNED.includes(parents.at(-1) ?? "")) {
    if (local === "creator" || local === "creator-initials" || local === "sender-initials" || local === "date-string") {
      return { kind: "text", text: "" };
    }
    if (local === "date") return { kind: "text", text: NO_MOMENT };
  }
  return changed(tag.attributes, ({ local: attribute, value }) => {
    if (attribute === "rsid" || attribute === "paragraph-rsid") {
      found.note("ids");
      return null;
    }
    if (attribute !== "href" || !LOCAL_PATH.test(unescapeXml(value)) || value === NO_PATH) return value;
    found.note("path", unescapeXml(value));
    return NO_PATH;
  });
}
