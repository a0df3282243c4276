/**
 * Sealing an approved dossier to an agency: its files, signed by the program certificate, in one archive, encrypted to the agency's certificate.
 *
 *     contents/           the files (files.ts), to be looked at here
 *     r12-….pgp           the same as a tar archive, sealed: this and nothing else leaves
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Bytes, collect } from "../../protocol/bytes.ts";
import { foreignCertificate, signDetached } from "../../protocol/crypto/detached.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { tarLength, writeTar } from "../../protocol/format/tar.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeDurably } from "../casebook/durable-file.ts";
import type { ActOf } from "../casebook/event.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { openWords } from "../casebook/tip-keys.ts";
import { makeFolder } from "../new-folder.ts";
import { dossierDocument } from "./document.ts";
import { type Dossier, parseDossier } from "./dossier.ts";
import { keepDocument } from "./documents.ts";
import { dossierKey } from "./dossier-key.ts";
import { exhibitsOf, readExhibits } from "./exhibits.ts";
import {
  type Approval,
  APPROVALS_FILE,
  derivedFiles,
  formatApprovals,
  formatManifest,
  MANIFEST_FILE,
  PDF_FILE,
  sha256Hex,
  SIGNATURE_FILE,
} from "./files.ts";
import { printed } from "./print.ts";
import { lastOf, requireReferral } from "./rules.ts";
import { sourcesOf } from "./sources.ts";

/** What was packed. */
export interface Packed {
  /** Name of the sealed file in the folder. */
  readonly file: string;
  readonly sha256: string;
  readonly agency: string;
}

/** The dossier of a referral as it was fixed. @throws {Refusal} `wrong-state` if it was not; `tip-destroyed`. */
export async function fixedDossier(casebook: Casebook, referral: number): Promise<{ dossier: Dossier; sha256: string }> {
  requireReferral(casebook.state, referral);
  const fixed = lastOf(casebook.state, "dossier-fixed", referral);
  if (fixed === null) throw new Refusal("wrong-state", "it is not fixed");
  const bytes = utf8(await openWords(fixed.sealed, await dossierKey(casebook, referral)));
  if (sha256Hex(bytes) !== fixed.sha256) throw new Refusal("casebook-damaged", "a dossier");
  return { dossier: parseDossier(bytes), sha256: fixed.sha256 };
}

/** An approved dossier, sealed; nothing of it is written down yet. */
interface Sealed {
  readonly packed: Packed;
  readonly files: ReadonlyMap<string, Bytes>;
  readonly sealed: Bytes;
  readonly act: ActOf<"dossier-packed">;
}

interface Opened {
  readonly casebook: Casebook;
  readonly program: Bytes;
}

/** To whom it is sealed, a certificate, and whether a PDF goes along. */
interface Packing {
  readonly agency: Bytes;
  readonly pdf: boolean;
}

/**
 * Writes an approved dossier into a new folder, sealed to `agency` (a certificate), and records it. The caller is the casebook's writer.
 * @throws {Refusal} `wrong-state` if it is not approved; `bad-certificate`, `no-browser`, `already-there`. @throws {Fault}.
 */
export async function packDossier(
  opened: Opened,
  referral: number,
  { folder, ...packing }: Packing & { readonly folder: string },
  person: ActingPerson,
  now: Date,
): Promise<Packed> {
  const { packed, files, sealed, act } = await sealDossier(opened, referral, packing, now);
  await makeFolder(folder, async (work) => {
    for (const [path, bytes] of files) {
      const place = join(work, "contents", path);
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await writeDurably(place, [bytes]);
    }
    await writeDurably(join(work, packed.file), [sealed]);
    await opened.casebook.append(act, person, now);
  });
  return packed;
}

/**
 * The same, kept in the casebook as a document of its referral (documents.ts) until it leaves: the sealed file alone, nothing in the clear on any disk.
 * @throws {Refusal} as {@link packDossier}. @throws {Fault}.
 */
export async function keepPackedDossier(
  opened: Opened,
  referral: number,
  packing: Packing,
  person: ActingPerson,
  now: Date,
): Promise<Packed> {
  const { packed, sealed, act } = await sealDossier(opened, referral, packing, now);
  await keepDocument(opened.casebook, sealed, await dossierKey(opened.casebook, referral));
  await opened.casebook.append(act, person, now);
  return packed;
}

async function sealDossier({ casebook, program }: Opened, referral: number, { agency, pdf }: Packing, now: Date): Promise<Sealed> {
  const { dossier, sha256 } = await fixedDossier(casebook, referral);
  const seconds = Math.floor(now.getTime() / 1000);
  const certificate = await foreignCertificate(agency, seconds);
  const approvals = await approvalsOf(casebook, referral, sha256);
  const sources = await sourcesOf(casebook, referral);
  const { exhibits } = exhibitsOf(casebook, referral, sources, dossier.date);
  const files = new Map([...derivedFiles(dossier), ...(await readExhibits(casebook, exhibits))]);
  files.set(APPROVALS_FILE, formatApprovals(approvals));
  if (pdf) files.set(PDF_FILE, await printed(dossierDocument(dossier)));
  const manifest = formatManifest(dossier.reference, files);
  files.set(MANIFEST_FILE, manifest);
  files.set(SIGNATURE_FILE, await signDetached(program, manifest, seconds));
  const sealed = await certificate.encrypt(await archiveOf(files));
  const packed = { file: `${dossier.reference.toLowerCase()}.pgp`, sha256: sha256Hex(sealed), agency: certificate.fingerprint };
  const act: ActOf<"dossier-packed"> = {
    kind: "dossier-packed",
    referral,
    sha256: packed.sha256,
    manifest: sha256Hex(manifest),
    agency: packed.agency,
  };
  return { packed, files, sealed, act };
}

/** What the two who approved this dossier signed. @throws {Refusal} `wrong-state`. */
async function approvalsOf(casebook: Casebook, referral: number, sha256: string): Promise<Approval[]> {
  const approved = requireReferral(casebook.state, referral);
  const last = approved.moves.at(-1);
  if (approved.state !== "approved" || last?.act.kind !== "confirmed") throw new Refusal("wrong-state", approved.state);
  const { proposal } = last.act;
  const proposed = casebook.state.proposals.get(proposal)?.proposed;
  const { subject } = proposed?.act ?? {};
  if (proposed === undefined || subject?.what !== "approve-dossier" || subject.sha256 !== sha256)
    throw new Refusal("wrong-state", "its dossier was not approved");
  const people = [...casebook.state.people.keys()];
  const codeOf = (key: string): string => `P${String(people.indexOf(key) + 1)}`;
  return [
    { person: codeOf(proposed.person), signed: await casebook.signedText(proposal) },
    { person: codeOf(last.person), signed: await casebook.signedText(last.event) },
  ];
}

function archiveOf(files: ReadonlyMap<string, Bytes>): Promise<Bytes> {
  const entries = [...files]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, bytes]) => ({
      path,
      size: bytes.length,
      // eslint-disable-next-line @typescript-eslint/require-await -- an asynchronous source of one piece
      open: async function* (): AsyncGenerator<Bytes, void, undefined> {
        yield bytes;
      },
    }));
  const length = tarLength(entries.map(({ size }) => size));
  return collect(writeTar(entries), length);
}
