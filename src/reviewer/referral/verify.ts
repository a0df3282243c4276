/**
 * Checks a dossier that was received, with nothing but the folder and the program certificate: no casebook, no secret. Everything that is wrong is named; a
 * dossier in which nothing is wrong is exactly what two people approved, whole, and signed by the program.
 *
 * What it cannot say: whether what the sources tell is true, and who the people are whose keys signed the approvals.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { verifyDetached } from "../../protocol/crypto/detached.ts";
import { fromUtf8, utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { parseSignedEvent } from "../casebook/event.ts";
import { type Dossier, parseDossier } from "./dossier.ts";
import {
  APPROVALS_FILE,
  derivedFiles,
  type Manifest,
  MANIFEST_FILE,
  parseApprovals,
  parseManifest,
  PDF_FILE,
  sha256Hex,
  SIGNATURE_FILE,
} from "./files.ts";

/** Something that is wrong with a dossier. */
export interface Finding {
  /** A file, or a part of the check. Ours, never the input's words. */
  readonly where: string;
  readonly what: string;
}

/** What was found out. `reference` is null if there is no dossier that can be read. */
export interface Verified {
  readonly reference: string | null;
  readonly findings: readonly Finding[];
  /** Public keys of the two who approved. */
  readonly approvedBy: readonly string[];
}

/** Checks the dossier in a folder against the certificate in `signer` at `unixSeconds`. @throws {Fault} if the folder cannot be read. */
export async function verifyDossier(folder: string, signer: Bytes, unixSeconds: number): Promise<Verified> {
  const findings: Finding[] = [];
  const found = (where: string, what: string): void => {
    findings.push({ where, what });
  };
  const files = await readFolder(folder);
  const manifest = await signedManifest(files, signer, unixSeconds, found);
  if (manifest === null) return { reference: null, findings, approvedBy: [] };
  checkFiles(files, manifest, found);
  const dossier = attempt("dossier.json", found, () => parseDossier(files.get("dossier.json") ?? new Uint8Array(0)));
  if (dossier === null) return { reference: null, findings, approvedBy: [] };
  if (manifest.dossier !== sha256Hex(files.get("dossier.json") ?? new Uint8Array(0)) || manifest.reference !== dossier.reference)
    found(MANIFEST_FILE, "It is the manifest of another dossier.");
  checkDerived(files, dossier, found);
  checkExhibits(files, dossier, found);
  const approvedBy = await checkApprovals(files, dossier, manifest.dossier, found);
  return { reference: dossier.reference, findings, approvedBy };
}

type Found = (where: string, what: string) => void;

async function readFolder(folder: string): Promise<Map<string, Bytes>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = new Map<string, Bytes>();
    for (const entry of entries.filter((found) => !found.isDirectory())) {
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(join(folder, "/").length), entry.isFile() ? new Uint8Array(await readFile(path)) : new Uint8Array(0));
    }
    return files;
  } catch (cause) {
    throw new Fault("reading the dossier", cause);
  }
}

/** What a step gives, or null and a finding. */
function attempt<T>(where: string, found: Found, step: () => T): T | null {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    found(where, error.message);
    return null;
  }
}

async function signedManifest(files: ReadonlyMap<string, Bytes>, signer: Bytes, now: number, found: Found): Promise<Manifest | null> {
  const bytes = files.get(MANIFEST_FILE);
  const signature = files.get(SIGNATURE_FILE);
  if (bytes === undefined || signature === undefined) {
    found(bytes === undefined ? MANIFEST_FILE : SIGNATURE_FILE, "It is not there.");
    return null;
  }
  try {
    await verifyDetached(signer, bytes, signature, now);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    found(SIGNATURE_FILE, error.message);
    return null;
  }
  return attempt(MANIFEST_FILE, found, () => parseManifest(bytes));
}

function checkFiles(files: ReadonlyMap<string, Bytes>, manifest: Manifest, found: Found): void {
  const listed = new Set(manifest.files.map(({ path }) => path));
  for (const { path, sha256, size } of manifest.files) {
    const bytes = files.get(path);
    if (bytes === undefined) found(path, "It is listed and not there.");
    else if (bytes.length !== size || sha256Hex(bytes) !== sha256) found(path, "It is not the file that was signed.");
  }
  const strangers = [...files.keys()].filter((path) => path !== MANIFEST_FILE && path !== SIGNATURE_FILE && !listed.has(path)).length;
  if (strangers > 0) found("the folder", `${String(strangers)} of its files are not listed.`);
}

/** What follows from the dossier is what follows from it: somebody who reads the PDF's source or a table reads what was approved. */
function checkDerived(files: ReadonlyMap<string, Bytes>, dossier: Dossier, found: Found): void {
  for (const [path, bytes] of derivedFiles(dossier)) {
    if (sha256Hex(files.get(path) ?? new Uint8Array(0)) !== sha256Hex(bytes)) found(path, "It does not say what the dossier says.");
  }
}

function checkExhibits(files: ReadonlyMap<string, Bytes>, dossier: Dossier, found: Found): void {
  const known = new Set([...derivedFiles(dossier).keys(), PDF_FILE, APPROVALS_FILE, MANIFEST_FILE, SIGNATURE_FILE]);
  for (const { exhibit, file, sha256, size } of dossier.exhibits) {
    if (file === null) continue;
    known.add(file);
    const bytes = files.get(file);
    if (bytes?.length !== size || sha256Hex(bytes) !== sha256) found(exhibit, "Its file is not the one that the dossier describes.");
  }
  const strangers = [...files.keys()].filter((path) => !known.has(path)).length;
  if (strangers > 0) found("the folder", `${String(strangers)} of its files belong to no part of the dossier.`);
}

async function checkApprovals(files: ReadonlyMap<string, Bytes>, dossier: Dossier, sha256: string, found: Found): Promise<string[]> {
  try {
    const [first, second] = parseApprovals(files.get(APPROVALS_FILE) ?? new Uint8Array(0));
    if (first === undefined || second === undefined) throw new Refusal("needs-another-person");
    const proposed = await parseSignedEvent(utf8(first.signed));
    const confirmed = await parseSignedEvent(utf8(second.signed));
    const isFor =
      proposed.act.kind === "proposed" && proposed.act.subject.what === "approve-dossier" && proposed.act.subject.sha256 === sha256;
    const isSecond = confirmed.act.kind === "confirmed" && confirmed.act.proposal === proposed.sequence;
    if (!isFor || !isSecond) throw new Refusal("bad-signature", "they approve something else");
    const { authors } = dossier.declarations;
    const others = ![first.person, second.person].some((person) => authors.includes(person)) && first.person !== second.person;
    if (proposed.person === confirmed.person || !others) throw new Refusal("needs-another-person");
    return [proposed.person, confirmed.person];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    found(APPROVALS_FILE, error.message);
    return [];
  }
}

/** The certificate in a file, binary or as text. @throws {Fault}. */
export async function readCertificate(path: string): Promise<Bytes> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Fault("reading a certificate", cause);
  });
  return bytes[0] === 0x2d ? utf8(fromUtf8(bytes)) : new Uint8Array(bytes);
}
