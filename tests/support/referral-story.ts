/** Referrals for tests about what comes after them. */
import { writeFile } from "node:fs/promises";
import type { Desk } from "../../src/reviewer/desk.ts";
import * as referral from "../../src/reviewer/referral/commands.ts";
import { sitting } from "./desk.ts";

/** A referral of these tips that an agency accepted, read and drafted by the first of three people; the dossier's own way there is told in dossier.test.ts. */
export async function referredAndAccepted(
  ids: readonly string[],
  statementFile: string,
  reviewersAt: (person?: string) => Desk,
): Promise<number> {
  const read = (person: string) =>
    sitting(reviewersAt(person), async (casebook, acting) => {
      for (const tip of ids) {
        await casebook.append({ kind: "declared", tip, ties: [] }, acting, new Date());
        await casebook.append({ kind: "tip-opened", tip }, acting, new Date());
      }
    });
  await read("Ana");
  await read("Bo");
  const number = ((await referral.draft("Case", ids, reviewersAt())).json as { referral: number }).referral;
  const statement = {
    ...{
      action: "Look.",
      access: [],
      consent: [],
      contradicting: [],
      gaps: [],
      handling: [],
      identifiers: [],
      limits: [],
      none_contradicting: true,
    },
    ...{
      questions: [],
      risk_others: "None known.",
      risk_source: "High.",
      route: null,
      significance: "Nobody knew.",
      summary: "Something happened.",
    },
    ...{ timeline: [], told: [], version: "1" },
  };
  await writeFile(statementFile, JSON.stringify(statement));
  await referral.write(number, statementFile, reviewersAt());
  const { sha256 } = (await referral.fix(number, reviewersAt())).json as { sha256: string };
  const about = { referral: number };
  const approval = await sitting(reviewersAt("Bo"), (casebook, acting) =>
    casebook.append({ kind: "proposed", subject: { what: "approve-dossier", ...about, sha256 } }, acting, new Date()),
  );
  const sending = await sitting(reviewersAt("Cai"), async (casebook, acting) => {
    await casebook.append({ kind: "confirmed", proposal: approval.sequence }, acting, new Date());
    const packed = { sha256, manifest: sha256, agency: "0".repeat(40) };
    await casebook.append({ kind: "dossier-packed", ...about, ...packed }, acting, new Date());
    return casebook.append({ kind: "proposed", subject: { what: "send-referral", ...about, sha256 } }, acting, new Date());
  });
  await sitting(reviewersAt("Bo"), async (casebook, acting) => {
    await casebook.append({ kind: "confirmed", proposal: sending.sequence }, acting, new Date());
    const answer = { ...about, outcome: null, date: "2026-10-01", reference: "A-1", documents: [], words: null };
    await casebook.append({ kind: "agency-answered", ...answer, answer: "acknowledged" }, acting, new Date());
    await casebook.append({ kind: "agency-answered", ...answer, answer: "accepted" }, acting, new Date());
  });
  return number;
}
