/**
 * Exhibits: attachments of a referral's tips. All of them are listed with their hash and how they came here; only those that somebody chose go along. On disk an exhibit is
 * called by its number; what the witness called it stays here, since names of files tell of their owners.
 */
import { createHash } from "node:crypto";
import { collect } from "../../protocol/bytes.ts";
import type { Bytes } from "../../protocol/bytes.ts";
import { openTip } from "../../protocol/crypto/tip.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { sealedItem } from "../casebook/shelf.ts";
import { endingOf } from "../extract.ts";
import type { Dossier } from "./dossier.ts";
import type { Source } from "./sources.ts";

/** An exhibit that goes along. */
export interface IncludedExhibit {
  readonly source: Source;
  /** Counted from 0. */
  readonly attachment: number;
  /** Path in the dossier, `evidence/x1.pdf`. */
  readonly file: string;
}

/** Largest exhibit that goes along, bytes: it is in memory while it is sealed. */
const LARGEST = 512 * 1024 * 1024;

/** Every exhibit of these sources, and those that go along. */
export function exhibitsOf(
  casebook: Casebook,
  referral: number,
  sources: readonly Source[],
  date: string,
): { exhibits: IncludedExhibit[]; parts: Dossier["exhibits"] } {
  const chosen = new Map<string, boolean>();
  for (const { referral: of, exhibit, included } of casebook.acts("exhibit-chosen"))
    if (of === referral) chosen.set(`${exhibit.tip} ${String(exhibit.attachment)}`, included);
  const exhibits: IncludedExhibit[] = [];
  const parts: Dossier["exhibits"] = [];
  for (const source of sources) {
    const { attachments } = source.record.tip;
    for (const [attachment, { name, form, size }] of attachments.entries()) {
      const exhibit = `X${String(parts.length + 1)}`;
      const goes = chosen.get(`${source.shelved.entry.id} ${String(attachment)}`) === true;
      const file = goes ? `evidence/${exhibit.toLowerCase()}${endingOf(name)}` : null;
      if (file !== null) exhibits.push({ source, attachment, file });
      const sha256 = source.record.hashes[attachment] ?? "";
      parts.push({ custody: custodyOf(casebook, source, date, goes), exhibit, file, form, sha256, size, source: source.name });
    }
  }
  return { exhibits, parts };
}

/** From the entry of the public log to the exhibit. */
function custodyOf(casebook: Casebook, { shelved }: Source, date: string, goes: boolean): Dossier["exhibits"][number]["custody"] {
  const { bundle, entry } = shelved;
  const people = [...casebook.state.people.keys()];
  const by = (key: string): string => `P${String(people.indexOf(key) + 1)}`;
  const steps: Dossier["exhibits"][number]["custody"] = [
    {
      at: shelved.date,
      by: null,
      what: `sealed by the server into batch ${String(entry.batch)} of the log ${casebook.opened.origin}: entry "received" with c ${entry.commitment}, of the sealed file with part digest ${entry.digest}`,
    },
  ];
  for (const { act, at, person } of casebook.events) {
    if (act.kind === "imported" && act.bundle === bundle) {
      const { size, root } = act.checkpoint;
      const what = `taken in from bundle ${String(bundle)}, manifest ${act.manifest}, found in the log of ${String(size)} entries with root ${root}`;
      steps.push({ at, by: by(person), what });
    }
    if (act.kind === "extracted" && act.tip === entry.id) steps.push({ at, by: by(person), what: "written out to be looked at" });
  }
  const opened = goes ? "opened for this dossier; digest signed by the source and SHA-256 checked" : "not passed on";
  return [...steps, { at: date, by: null, what: opened }];
}

/**
 * The bytes of exhibits, by their path. Each is checked against the digest that its witness signed and against its SHA-256.
 * @throws {Refusal} what is wrong with a sealed file; `too-large`.
 */
export async function readExhibits(casebook: Casebook, exhibits: readonly IncludedExhibit[]): Promise<Map<string, Bytes>> {
  const read = new Map<string, Bytes>();
  for (const [source, wanted] of Map.groupBy(exhibits, (exhibit) => exhibit.source)) {
    const { bundle, entry } = source.shelved;
    const files = new Map(wanted.map(({ attachment, file }) => [attachment, file]));
    await openTip(sealedItem(casebook, bundle, entry.batch, entry.position), () => Promise.resolve(source.record.sessionKey), {
      attachment: async (index, { size }, body) => {
        const file = files.get(index);
        if (file === undefined) return;
        if (size > LARGEST) throw new Refusal("too-large", file);
        const bytes = await collect(body, size);
        if (createHash("sha256").update(bytes).digest("hex") !== source.record.hashes[index]) throw new Refusal("digest-mismatch", file);
        read.set(file, bytes);
      },
    });
  }
  return read;
}
