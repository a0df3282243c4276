/** The commands about claims. `export` is the reviewers', everything else the reward officers'. They return what is to be said. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { openSecret } from "../../protocol/crypto/certificate.ts";
import { foreignCertificate } from "../../protocol/crypto/detached.ts";
import { parseVkey } from "../../protocol/crypto/note.ts";
import { fromBase64, toBase64, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeDurably, writeNewFile } from "../casebook/durable-file.ts";
import type { ActOf } from "../casebook/event.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { asWriter, type Desk, sitDown } from "../desk.ts";
import { visibleJson, visibleLine } from "../hostile-text.ts";
import { type InputFile, readInput } from "../input-file.ts";
import { makeFolder } from "../new-folder.ts";
import { sha256Hex } from "../referral/files.ts";
import { printed } from "../referral/print.ts";
import { type Answer, count } from "../views.ts";
import type { ClaimSubject, WantedSubject } from "./acts.ts";
import { openDuties } from "./duties.ts";
import { formatHandover, gatherHandover, openHandover, parseHandover } from "./handover.ts";
import { openRewardsCasebook, type RewardsOpening } from "./open-casebook.ts";
import { inducementReport, paymentReport, type Report, type WantedReport, yearReport } from "./reports.ts";
import { claimMetricsCsv } from "./metrics.ts";
import { isRewardsCasebook, recordedProgram, requireClaim } from "./rules.ts";
import { type Claim, claimantsOf } from "./state.ts";
import { openVoucherRequests } from "./voucher-requests.ts";

/** Makes the reward officers' casebook. */
export async function openClaims(folder: string, opening: RewardsOpening, now: Date): Promise<Answer> {
  await openRewardsCasebook(folder, opening, now);
  return { json: { folder }, lines: [`The reward officers' casebook is ${folder}. The cards of the rewards certificate open it.`] };
}

/** Writes a hand-over: every tip's sealed claim part, whatever is in it. */
export function exportClaims(file: string, all: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook, vault }, person) => {
    const handover = await gatherHandover(casebook, all, desk.now.toISOString().slice(0, 10));
    const bytes = await formatHandover(handover, vault.review);
    const tips = handover.tips.map(({ tip }) => tip);
    await writeNewFile(file, [bytes]);
    await casebook.append({ kind: "claims-handed-over", sha256: sha256Hex(bytes), tips }, person, desk.now);
    return {
      json: { file, tips: tips.length, referrals: handover.referrals.length },
      lines: [`${file}: claim parts of ${count(tips.length, "tip")}, sealed. Nobody here can see in which of them a reward is wanted.`],
    };
  });
}

/** Takes in a hand-over. */
export function importClaims(file: InputFile, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook, vault }, person) => {
    requireRewards(casebook);
    const bytes = await readInput(file);
    const handover = await parseHandover(bytes, parseVkey(casebook.opened.review).publicKey);
    const { origin, rewards } = casebook.opened;
    if (handover.origin !== origin || handover.rewards !== rewards) throw new Refusal("wrong-origin", "hand-over");
    const { claims } = casebook.state;
    const fresh = handover.tips.filter(({ tip }) => !claims.tips.has(tip));
    const taken = await openHandover({ ...handover, tips: fresh }, await openSecret(vault.program), claims);
    await casebook.append({ kind: "claims-taken-in", sha256: sha256Hex(bytes), ...taken }, person, desk.now);
    const asked = await openVoucherRequests(handover.tips, await openSecret(vault.program), casebook.state.claims);
    if (asked.requests.length > 0) await casebook.append({ kind: "vouchers-asked", requests: asked.requests }, person, desk.now);
    const wanted = taken.tips.filter(({ claim }) => claim !== null);
    const refused = taken.tips.flatMap(({ tip, refused: why }) => (why === null ? [] : [{ tip, why }]));
    return {
      json: {
        ...{ tips: taken.tips.length, claims: wanted.length, proofs: taken.tips.filter(({ proof }) => proof !== null).length, refused },
        vouchers: { asked: asked.requests.length, refused: asked.refused },
      },
      lines: [
        `${count(taken.tips.length, "tip")} taken in, ${String(wanted.length)} with a claim.`,
        ...refused.map(({ tip, why }) => `Of tip ${tip} something counts for nothing: ${why}`),
        ...(asked.requests.length === 0 ? [] : [`${count(asked.requests.length, "voucher")} asked for.`]),
        ...asked.refused.map((tip) => `What tip ${tip} asks for counts for nothing: another's claim, an unknown key, or not signed.`),
      ],
    };
  });
}

/** Every claim, first in the log first. */
export async function listClaims(desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  requireRewards(casebook);
  const claims = [...casebook.state.claims.claims.values()].map((claim) => ({
    claim: claim.id,
    state: claim.state,
    first_batch: claim.tips[0]?.batch ?? null,
    tips: claim.tips.length,
  }));
  claims.sort((one, other) => (one.first_batch ?? 0) - (other.first_batch ?? 0));
  return {
    json: { claims },
    lines: claims.map(({ claim, state, first_batch }) => `${claim.slice(0, 16)}  ${state}  batch ${String(first_batch ?? 0)}`),
  };
}

/** One claim: its steps, its reward, and who else claims for the same referral. */
export async function showClaim(prefix: string, desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const { claims } = casebook.state;
  const claim = findClaim(casebook, prefix);
  const referrals = [...claims.referrals.values()].filter(({ tips }) => claim.tips.some(({ tip }) => tips.includes(tip)));
  const rivals = referrals.map((referral) => ({
    referral: referral.referral,
    state: referral.state,
    claimants: claimantsOf(claims, referral).map(({ claim: { id, reward }, place, batch }) => ({
      claim: id,
      place,
      batch,
      share: reward?.share ?? null,
    })),
  }));
  const { id, state, steps, asked, reward, paid, noticed, payee, revealed } = claim;
  return {
    json: {
      ...{ claim: id, state, reward, paid, noticed, revealed, payee: payee?.certificate ?? null, referrals: rivals },
      asked: asked && { official_duties: asked.official_duties, took_part: asked.took_part, other_claimants: asked.other_claimants },
      steps: steps.map(({ to, date, by, officers }) => ({ to, date, by, officers: officers.length })),
    },
    lines: [
      `Claim ${id} is ${state}.`,
      ...steps.map(
        ({ to, date, by, officers }) =>
          `  ${date}  ${to}${by === null ? "" : ` by ${visibleLine(by)}`}, ${count(officers.length, "signature")}`,
      ),
      ...(reward === null
        ? []
        : [`Reward ${String(reward.money.amount)} ${reward.money.currency}, ${reward.form}, share ${String(reward.share / 100)} %`]),
      ...rivals.flatMap(({ referral, claimants }) => [
        `Referral ${String(referral)}: ${claimants.map(({ claim: other, place }) => `${String(place)}. ${other.slice(0, 16)}`).join(", ")}`,
      ]),
    ],
  };
}

/** Records what one officer may record alone. */
export function recordStep(
  prefix: string,
  step: Omit<ActOf<"claim-moved">, "kind" | "claim" | "document">,
  documentFile: InputFile | undefined,
  desk: Desk,
): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { id } = findClaim(casebook, prefix);
    const document = documentFile === undefined ? null : sha256Hex(await readInput(documentFile));
    await casebook.append({ kind: "claim-moved", claim: id, ...step, document }, person, desk.now);
    return { json: { claim: id, state: step.to }, lines: [`Claim ${id.slice(0, 16)} is ${step.to}.`] };
  });
}

/** Records the answers to the questions that are asked only of a claimant. */
export function recordAnswers(prefix: string, answers: Omit<ActOf<"claim-asked">, "kind" | "claim">, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { id } = findClaim(casebook, prefix);
    await casebook.append({ kind: "claim-asked", claim: id, ...answers }, person, desk.now);
    return { json: { claim: id, ...answers }, lines: ["Recorded."] };
  });
}

/** Records that committees were told of a payment in cryptocurrency. */
export function recordNotice(prefix: string, date: string, documentFile: InputFile | undefined, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { id } = findClaim(casebook, prefix);
    const document = documentFile === undefined ? null : sha256Hex(await readInput(documentFile));
    await casebook.append({ kind: "notice-filed", claim: id, date, document }, person, desk.now);
    return { json: { claim: id, date }, lines: ["Recorded."] };
  });
}

/** A subject without the claim it is about. */
export type Wanted = WantedSubject;

/** Proposes what takes two officers. */
export function proposeForClaim(prefix: string, wanted: Wanted, desk: Desk): Promise<Answer> {
  return asWriter(desk, ({ casebook }, person) =>
    proposeInCasebook(casebook, { ...wanted, claim: findClaim(casebook, prefix).id }, person, desk.now),
  );
}

/** Proposes it; the caller is the casebook's writer. */
export async function proposeInCasebook(casebook: Casebook, subject: ClaimSubject, person: ActingPerson, now: Date): Promise<Answer> {
  const { sequence } = await casebook.append({ kind: "proposed", subject }, person, now);
  return {
    json: { proposal: sequence },
    lines: [`Proposal ${String(sequence)}. Nothing has happened yet. Another officer has to confirm it: confirm ${String(sequence)}`],
  };
}

/** Seals who is paid, and how, to the payment officer's certificate. Here nobody can open it again. */
export function sealPayee(prefix: string, file: InputFile, certificate: Bytes, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { id } = findClaim(casebook, prefix);
    const officer = await foreignCertificate(certificate, Math.floor(desk.now.getTime() / 1000));
    const sealed = toBase64(await officer.encrypt(await readInput(file)));
    await casebook.append({ kind: "payee-sealed", claim: id, certificate: officer.fingerprint, sealed }, person, desk.now);
    return {
      json: { claim: id, certificate: officer.fingerprint },
      lines: [
        `Sealed to ${officer.fingerprint}.${typeof file === "string" ? ` Destroy ${file} now: only the payment officer is to know what it says.` : ""}`,
      ],
    };
  });
}

/** The sealed payee into a new file, once two officers let it leave. */
export async function writePayee(prefix: string, file: string, desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const { payee, revealed } = findClaim(casebook, prefix);
  if (payee === null) throw new Refusal("no-such-item", "payee");
  if (!revealed) throw new Refusal("needs-another-person", "reveal-payee");
  await writeNewFile(file, [fromBase64(payee.sealed)]);
  return { json: { file }, lines: [`${file} opens with the key of ${payee.certificate} only.`] };
}

/** What is due. */
export async function listDuties(desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const duties = openDuties(casebook.state.claims, requireProgram(casebook), desk.now.toISOString().slice(0, 10));
  return {
    json: { duties },
    lines:
      duties.length === 0
        ? ["Nothing is due."]
        : duties.map(
            ({ claim, what, to, due, overdue }) =>
              `${overdue ? "OVERDUE " : ""}${due ?? "before the next step"}  ${visibleLine(what)}, to ${visibleLine(to)}${claim === null ? "" : `; claim ${claim.slice(0, 16)}`}`,
          ),
  };
}

/** Counts, medians and costs as a table for spreadsheets, in a new file. */
export async function writeClaimMetrics(file: string, desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  requireRewards(casebook);
  const { state } = casebook;
  await writeNewFile(file, [utf8(claimMetricsCsv(state.claims, recordedProgram(state), desk.now.toISOString().slice(0, 10)))]);
  return { json: { file }, lines: [`Metrics in ${file}. Counts below 5 are kept back.`] };
}

/** Writes a report into a new folder: `report.html`, `report.json` and, unless it is not wanted, `report.pdf`. A report on a year is recorded. */
export function writeReport(wanted: WantedReport, folder: string, pdf: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { document, json } = reportOf(casebook, wanted);
    const asJson = utf8(visibleJson(json));
    await makeFolder(folder, async (work) => {
      await mkdir(work, { recursive: true });
      await writeDurably(join(work, "report.html"), [utf8(document)]);
      await writeDurably(join(work, "report.json"), [asJson]);
      if (pdf) await writeDurably(join(work, "report.pdf"), [await printed(document)]);
      if ("year" in wanted)
        await casebook.append(
          { kind: "year-reported", year: wanted.year, date: desk.now.toISOString().slice(0, 10), document: sha256Hex(asJson) },
          person,
          desk.now,
        );
    });
    return { json: { folder, ...json }, lines: [`The report is in ${folder}.`] };
  });
}

/** A report in both forms, written nowhere. @throws {Refusal} `no-such-item`, `wrong-state`. */
export function reportOf(casebook: Casebook, wanted: WantedReport): Report {
  requireRewards(casebook);
  const { claims } = casebook.state;
  if ("referral" in wanted) {
    const referral = claims.referrals.get(wanted.referral);
    if (referral === undefined) throw new Refusal("no-such-item", "referral");
    return inducementReport(claims, referral);
  }
  const program = requireProgram(casebook);
  return "year" in wanted ? yearReport(claims, program, wanted.year) : paymentReport(claims, program, findClaim(casebook, wanted.claim));
}

function requireProgram(casebook: Casebook) {
  const program = recordedProgram(casebook.state);
  if (program === null) throw new Refusal("wrong-state", "no program is recorded: referral program FILE");
  return program;
}

/** @throws {Refusal} `not-allowed` in a casebook of reviewers. */
export function requireRewards(casebook: Casebook): void {
  if (!isRewardsCasebook(casebook.state)) throw new Refusal("not-allowed", "this is not the reward officers' casebook");
}

/** The one claim whose key begins like this. @throws {Refusal} `no-such-item`; `usage` if there are several. */
export function findClaim(casebook: Casebook, prefix: string): Claim {
  requireRewards(casebook);
  if (!/^[0-9a-f]{8,64}$/.test(prefix)) throw new Refusal("no-such-item", "claim");
  const [found, another] = [...casebook.state.claims.claims.keys()].filter((id) => id.startsWith(prefix));
  if (another !== undefined) throw new Refusal("usage", "several claims begin like this; give more digits");
  return requireClaim(casebook.state, found ?? "");
}
