/** Claims, for reward officers: what is due, the list, and one claim with its challenge and proof, its steps, and who has to say yes. Who is paid is not shown: nobody here can read it. */
import { wordsFor } from "../../words.ts";
import type { ClaimAnswer, ClaimsAnswer } from "../../claim-wire.ts";
import { button, foreignLine, make } from "../dom.ts";
import { claimActions, claimsActions } from "../claims.ts";
import type { State } from "../state.ts";
import { actionsView, factsView, part, previewView, tableView, waitingView } from "./case-parts.ts";
import type { Dispatch } from "./view.ts";

/** Digits by which a claim is called here. */
const CALLED_BY = 16;

/** What is due, and every claim. */
export function claimsView(state: State, dispatch: Dispatch): HTMLElement {
  const { claims, preview } = state;
  return make(
    "section",
    { class: "claims" },
    make("h1", { tabindex: "-1" }, "Claims to a reward"),
    actionsView(claimsActions(state), dispatch),
    claims === null ? make("p", {}, "One moment …") : null,
    claims === null ? null : programView(claims),
    claims === null ? null : part("What is due", dutiesView(claims.duties)),
    claims === null ? null : part("Claims, first in the log first", linesView(claims, state.line, dispatch)),
    claims === null || claims.referrals.length === 0 ? null : part("Referrals, as they were handed over", referralsView(claims, dispatch)),
    previewView(preview, "The report as it would be printed"),
  );
}

function programView({ program }: ClaimsAnswer): HTMLElement {
  return program === null
    ? make("p", { class: "notice" }, "No rewards program is recorded: its cap, who is not paid and what is due are not known.")
    : make("p", {}, `The rules of ${program} hold.`);
}

function dutiesView(duties: ClaimsAnswer["duties"]): HTMLElement {
  if (duties.length === 0) return make("p", {}, "Nothing is due.");
  const items = duties.map(({ claim, what, to, due, overdue }) =>
    make(
      "li",
      overdue ? { class: "overdue" } : {},
      overdue ? make("strong", {}, "Overdue: ") : null,
      foreignLine(what),
      ", to ",
      foreignLine(to),
      `; ${due === null ? "before the next step" : `by ${due}`}${claim === null ? "" : `; claim ${claim.slice(0, CALLED_BY)}`}`,
    ),
  );
  return make("ul", {}, ...[...items.filter((item) => item.className !== ""), ...items.filter((item) => item.className === "")]);
}

function linesView({ rows }: ClaimsAnswer, line: number, dispatch: Dispatch): HTMLElement {
  const lines = rows.map(({ claim, state, batch, tips, overdue, waiting }, index) => {
    const open = (): void => {
      dispatch({ do: "claim", claim });
    };
    const called = claim.slice(0, CALLED_BY);
    const chosen = index === line ? { "data-chosen": true, "aria-current": "true" } : {};
    return [
      button(called, open, { "aria-label": `Open claim ${called}`, class: "hash", ...chosen }),
      wordsFor(state),
      String(batch),
      String(tips),
      [overdue ? "overdue" : "", waiting ? "for a second officer" : ""].filter((word) => word !== "").join(", "),
    ];
  });
  return tableView("Claims", ["Claim", "State", "First batch", "Tips", "Waits"], lines);
}

function referralsView({ referrals }: ClaimsAnswer, dispatch: Dispatch): HTMLElement {
  const rows = referrals.map(({ referral, title, state, outcome }) => {
    const show = (): void => {
      dispatch({ do: "call", effect: { call: "claims-preview", request: { report: { referral } } } });
    };
    return [
      `R${String(referral)}`,
      foreignLine(title),
      `${wordsFor(state)}${outcome === null ? "" : `: ${wordsFor(outcome)}`}`,
      button("Inducements", show, { "aria-label": `Inducements of referral ${String(referral)}: which sources hold a claim` }),
    ];
  });
  return tableView("Referrals", ["No.", "Title", "State", "Report"], rows);
}

/** One claim. */
export function claimView(state: State, dispatch: Dispatch): HTMLElement {
  const { claim, preview } = state;
  if (claim === null) return make("section", {});
  return make(
    "article",
    { class: "claim" },
    make("h1", { tabindex: "-1" }, `Claim ${claim.claim.slice(0, CALLED_BY)}`),
    factsOf(claim),
    actionsView(claimActions(state), dispatch),
    waitingView(claim.waiting, "officer"),
    previewView(preview, "The report as it would be printed"),
    make(
      "div",
      { class: "columns" },
      make("div", {}, part("What is due", dutiesView(claim.duties)), stepsView(claim), claimantsView(claim)),
      make("div", { class: "side" }, proofView(claim), askedView(claim), payeeView(claim)),
    ),
  );
}

function factsOf({ claim, state, reward, paid, noticed }: ClaimAnswer): HTMLElement {
  return factsView([
    ["State", wordsFor(state)],
    [
      "Reward",
      reward === null
        ? "not decided"
        : `${reward.money.amount.toLocaleString("en")} ${reward.money.currency}, ${wordsFor(reward.form)}, share ${String(reward.share / 100)} %`,
    ],
    ["Paid", paid === null ? "not yet" : `${paid.date}, recipient ${paid.recipient}`],
    ...(noticed === null ? [] : ([["Notice of cryptocurrency", noticed]] as const)),
    ["Public key", claim],
  ]);
}

function stepsView({ steps }: ClaimAnswer): HTMLElement {
  const rows = steps.map(({ to, date, by, officers }) => [wordsFor(to), date, by ?? "", officers.join(", ")]);
  return part("Steps", tableView("Steps", ["Step", "Day", "By", "Signed by"], rows));
}

function claimantsView({ claim, referrals }: ClaimAnswer): HTMLElement | null {
  if (referrals.length === 0) return part("Referrals", make("p", {}, "Its tips are in no referral that was handed over."));
  const lists = referrals.map(({ referral, title, state, claimants }) =>
    make(
      "div",
      {},
      make("p", {}, `R${String(referral)}, `, foreignLine(title), `: ${wordsFor(state)}`),
      make(
        "ul",
        {},
        ...claimants.map(({ claim: other, place, share }) =>
          make(
            "li",
            {},
            `Place ${String(place)}: ${other === claim ? "this claim" : other.slice(0, CALLED_BY)}${share === null ? "" : `, ${String(share / 100)} %`}`,
          ),
        ),
      ),
    ),
  );
  return part("Who claims for the same referral", ...lists);
}

function proofView({ tips, challenges }: ClaimAnswer): HTMLElement {
  const asked = challenges.map(({ date, program, answered }) =>
    make(
      "li",
      {},
      "Sign for ",
      foreignLine(program),
      `, with the date ${date}, purpose: claim to a reward. `,
      make("strong", {}, answered ? "Proved." : "Not answered."),
    ),
  );
  const refused = tips.flatMap(({ tip, refused: why }) =>
    why === null ? [] : [make("li", {}, `Of tip ${tip} something counts for nothing: ${wordsFor(why)}`)],
  );
  return part(
    "Challenge and proof",
    make(
      "p",
      { class: "hint" },
      "Challenges go to every witness of a referral, from the reviewers’ casebook, which cannot see who claims.",
    ),
    asked.length === 0 ? make("p", {}, "Nothing was asked yet.") : make("ul", {}, ...asked),
    refused.length === 0 ? null : make("ul", {}, ...refused),
    make("p", { class: "hint" }, `Tips: ${tips.map(({ tip, batch, date }) => `${tip} (batch ${String(batch)}, ${date})`).join(", ")}`),
  );
}

function askedView({ asked }: ClaimAnswer): HTMLElement {
  return part(
    "Who may be paid",
    asked === null
      ? make("p", {}, "Not asked yet.")
      : factsView([
          ["Official duties", asked.official_duties],
          ["Took part", asked.took_part],
          ["Other claimants", asked.other_claimants],
        ]),
  );
}

function payeeView({ payee }: ClaimAnswer): HTMLElement {
  const says =
    payee === null
      ? "Nothing is known here of who is paid."
      : `Sealed to the payment officer. Nobody at this casebook can read it. ${payee.revealed ? "Two officers let it leave." : "It leaves when two officers say so."}`;
  return part("Who is paid", make("p", {}, says), payee === null ? null : make("p", { class: "hash" }, payee.certificate));
}
