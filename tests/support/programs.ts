/** A rewards program for tests, with markup where an operator might put some. */
import type { Program } from "../../src/protocol/format/program.ts";

export const OFFERING: Program = {
  approvals: [],
  authority: [],
  cap: null,
  checked: "2026-11-24",
  contact: [],
  example: false,
  fiscal_year: "10-01",
  handling: [],
  ineligible: { en: ["Whoever wrote <b>this</b> & that."], ko: ["이 글을 쓴 사람"] },
  name: { en: "The <i>Example</i> Program", "zh-Hans": "示例项目" },
  note: "",
  notices: [{ en: { lines: ["Number 1234-5678 </footer><script>alert(1)</script>"], title: "Paperwork" } }],
  offer: {
    address: "https://program.test/offer?a=1&b=<x>",
    from: "2026-01-02",
    lines: {
      en: ["Up to 1,000 dollars for information that leads to a conviction.", "</p><script>alert(1)</script>"],
      ug: ["ئۇچۇر ئۈچۈن مىڭ دوللارغىچە مۇكاپات."],
    },
    to: null,
  },
  receipt_days: null,
  reports: [],
  version: 2,
};
