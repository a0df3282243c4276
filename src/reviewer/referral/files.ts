/**
 * The files of a dossier. All but the PDF and the signature follow from the dossier, so whoever has it can make them again and compare:
 *
 *     dossier.json          the dossier, canonical JSON            dossier.schema.json   its JSON Schema
 *     dossier.html .pdf     to be read and printed; the PDF may be left out
 *     timeline.csv subjects.csv entities.ftm.ndjson                for other programs
 *     approvals.json        what two people signed: { approvals: [ { person, signed } ], version: 1 }, `signed` is a signed event of the casebook
 *     evidence/x1.jpg …     exhibits
 *     manifest.json         { dossier: SHA-256 of dossier.json, files: [ { path, sha256, size } ], reference, version: 1 }, every file above, by path
 *     manifest.sig          OpenPGP signature of manifest.json by the program certificate
 */
import { createHash } from "node:crypto";
import type { Bytes } from "../../protocol/bytes.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { formatJson, hex, integer, list, matching, oneOf, parseJson, record, text } from "../../protocol/format/json.ts";
import { type Dossier, formatDossier } from "./dossier.ts";
import { dossierDocument } from "./document.ts";
import { followTheMoney, subjectsCsv, timelineCsv } from "./formats.ts";
import { schemaFile } from "./schema.ts";

export const MANIFEST_FILE = "manifest.json";
export const SIGNATURE_FILE = "manifest.sig";
export const PDF_FILE = "dossier.pdf";
export const APPROVALS_FILE = "approvals.json";

/** Files that follow from a dossier, by their path. */
export function derivedFiles(dossier: Dossier): Map<string, Bytes> {
  return new Map([
    ["dossier.json", formatDossier(dossier)],
    ["dossier.html", utf8(dossierDocument(dossier))],
    ["dossier.schema.json", utf8(schemaFile())],
    ["timeline.csv", utf8(timelineCsv(dossier))],
    ["subjects.csv", utf8(subjectsCsv(dossier))],
    ["entities.ftm.ndjson", utf8(followTheMoney(dossier))],
  ]);
}

const manifestReader = record({
  dossier: hex(32),
  files: list(
    record({
      path: matching(/evidence\/x[0-9]{1,6}(?:\.[a-z0-9]{1,5})?|[a-z0-9][a-z0-9.]{0,40}/),
      sha256: hex(32),
      size: integer(0, Number.MAX_SAFE_INTEGER),
    }),
    100_100,
  ),
  reference: text(20, 1),
  version: oneOf([1]),
});

export type Manifest = ReturnType<typeof manifestReader>;

/** The manifest of these files. */
export function formatManifest(reference: string, files: ReadonlyMap<string, Bytes>): Bytes {
  const listed = [...files]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, bytes]) => ({ path, sha256: sha256Hex(bytes), size: bytes.length }));
  const dossier = listed.find(({ path }) => path === "dossier.json")?.sha256 ?? "";
  return formatJson({ dossier, files: listed, reference, version: 1 });
}

/** @throws {Refusal} `not-canonical-json`, `bad-field`. */
export function parseManifest(bytes: Uint8Array): Manifest {
  return manifestReader(parseJson(bytes), "manifest");
}

const approvalsReader = record({
  approvals: list(record({ person: matching(/P[1-9][0-9]{0,3}/), signed: text(1_000_000, 1) }), 2),
  version: oneOf([1]),
});

/** One person's signature under a dossier: first who proposed it, then who confirmed. */
export interface Approval {
  readonly person: string;
  /** Signed text of the event. */
  readonly signed: string;
}

export function formatApprovals(approvals: readonly Approval[]): Bytes {
  return formatJson({ approvals: approvals.map(({ person, signed }) => ({ person, signed })), version: 1 });
}

/** @throws {Refusal} `not-canonical-json`, `bad-field`. */
export function parseApprovals(bytes: Uint8Array): Approval[] {
  return approvalsReader(parseJson(bytes), "approvals").approvals;
}

/** Hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
