/** What an author writes for a dossier, in any editor: any form of JSON, and once read, one form. */
import { formatJson } from "../../../src/protocol/format/json.ts";
import { emptyStatement, formatStatement, parseStatement, type Statement } from "../../../src/reviewer/referral/statement.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

const WRITTEN: Statement = {
  ...emptyStatement(["T1"], [7]),
  ...{ action: "Look.", risk_others: "r", risk_source: "s", significance: "g", summary: "y", none_contradicting: true, route: "post" },
  ...{
    access: [{ source: "T1", text: "saw" }],
    consent: [{ note: "asked", source: "T1" }],
    identifiers: [{ entity: 7, identifiers: ["1"] }],
  },
  timeline: [{ sources: ["T1"], what: "w", when: "2016", where: null }],
};

export const target: Target = {
  longest: 1_500,
  seeds: () => [formatStatement(WRITTEN), Buffer.from(JSON.stringify(WRITTEN, null, 2)), formatJson(emptyStatement([], []))],
  run: (input) => {
    const statement = accepted(() => parseStatement(input));
    if (statement === undefined) return;
    const once = formatStatement(statement);
    sameAgain(once, formatStatement(parseStatement(once)));
  },
};
