/** Files of a dossier that somebody received: the dossier, its manifest, its approvals. The first octet of an input chooses. */
import { formatDossier, type Dossier, parseDossier } from "../../../src/reviewer/referral/dossier.ts";
import { formatJson } from "../../../src/protocol/format/json.ts";
import { formatApprovals, formatManifest, parseApprovals, parseManifest } from "../../../src/reviewer/referral/files.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

const DOSSIER: Dossier = {
  ...{ accounts: [{ language: "zh-Hans", source: "T1", text: "看见", translations: [] }], consent: [], corroboration: [], elements: [] },
  ...{ contradicting: { links: [], none_known: true, remarks: [] }, declarations: { authors: ["P1"], ties: [] }, date: "2026-11-24" },
  ...{ exhibits: [], gaps: { known: [], questions: ["?"] }, handling: { caveat: ["Alleged."], limits: [] }, origin: "o" },
  inducements: { offer: null, sealed_claims: "Not known.", told: [] },
  ...{ places: [{ code: "CN-XJ", names: [], sources: ["T1"] }], reference: "R7-0123abcd", risk: { others: "", source: "" } },
  removals: [{ characters: 4, day: "2026-11-24", person: "P1", place: 0, reason: "identifies_source", source: "T1", text: 0 }],
  ...{
    request: { action: "Look.", authority: [], program: null, route: null },
    significance: "",
    sources: [],
    subjects: [],
    summary: "",
    timeline: [],
  },
  ...{ title: "Case", version: 1 },
};

export const target: Target = {
  longest: 4_000,
  seeds: () =>
    [
      formatDossier(DOSSIER),
      formatManifest("R7-0123abcd", new Map([["dossier.json", formatDossier(DOSSIER)]])),
      formatApprovals([{ person: "P1", signed: "{}" }]),
    ].map((bytes, kind) => Buffer.concat([Uint8Array.of(kind), bytes])),
  run: (input) => {
    const bytes = input.slice(1);
    const kind = input[0];
    if (kind === 0) {
      const dossier = accepted(() => parseDossier(bytes));
      if (dossier !== undefined) sameAgain(bytes, formatDossier(dossier));
    } else if (kind === 1) {
      const manifest = accepted(() => parseManifest(bytes));
      if (manifest !== undefined) sameAgain(bytes, formatJson(manifest));
    } else {
      const approvals = accepted(() => parseApprovals(bytes));
      if (approvals !== undefined) sameAgain(bytes, formatApprovals(approvals));
    }
  },
};
