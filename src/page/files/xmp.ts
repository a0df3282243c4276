/**
 * XMP (ISO 16684-1), the XML that programs leave in pictures, recordings and PDF files. It is searched, not parsed: what matters is that a name is found
 * however it is written, not that the XML is in order.
 */
import type { Findings, Trait } from "./findings.ts";
import { unescapeXml } from "./xml.ts";

/** Most characters that are searched. */
const LONGEST = 1_048_576;

/** Names of properties, without prefix, and what they give away. */
const PROPERTIES: Readonly<Record<string, Trait>> = {
  creator: "author",
  Author: "author",
  OwnerName: "person",
  CameraOwnerName: "person",
  rights: "person",
  AuthorsPosition: "person",
  PersonInImage: "person",
  Credit: "person",
  CreatorTool: "program",
  Producer: "program",
  softwareAgent: "program",
  Software: "program",
  title: "title",
  description: "title",
  subject: "title",
  Make: "camera",
  Model: "camera",
  SerialNumber: "serial",
  BodySerialNumber: "serial",
  LensSerialNumber: "serial",
  GPSLatitude: "place",
  GPSLongitude: "place",
  City: "place",
  Location: "place",
  CreateDate: "date",
  ModifyDate: "date",
  MetadataDate: "date",
  DateCreated: "date",
  DateTimeOriginal: "date",
  DocumentID: "ids",
  InstanceID: "ids",
  OriginalDocumentID: "ids",
};
/** Traits whose words are not shown: long numbers, or coordinates that nobody else in the room should see. */
const UNSHOWN: readonly Trait[] = ["ids", "place"];

const NAMES = Object.keys(PROPERTIES).join("|");
const ATTRIBUTE = new RegExp(`[\\s:](${NAMES})\\s*=\\s*(?:"([^"<]{1,400})|'([^'<]{1,400}))`, "g");
const ELEMENT = new RegExp(`:(${NAMES})(?:\\s[^<>]{0,400})?>([^<]{0,400})((?:<[^<>]{0,200}>[^<]{0,400}){0,3})`, "g");

/** Notes what a packet says. Time is linear in its length. */
export function readXmp(xmp: string, found: Findings): void {
  const text = xmp.slice(0, LONGEST);
  if (xmp.length > LONGEST) found.partly = true;
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE)) note(name, double ?? single ?? "", found);
  // Lists stand one or two elements further in: <dc:creator><rdf:Seq><rdf:li>…
  for (const [, name = "", own = "", inner = ""] of text.matchAll(ELEMENT))
    note(name, `${own} ${inner.replaceAll(/<[^>]*>/g, " ")}`, found);
}

function note(name: string, value: string, found: Findings): void {
  const trait = PROPERTIES[name];
  if (trait === undefined || value.trim() === "") return;
  if (UNSHOWN.includes(trait)) found.note(trait);
  else found.noteText(trait, unescapeXml(value));
}
