/** Dates as a witness may give them (EDTF), which has one way to write each. */
import { readEdtf } from "../../../src/protocol/format/edtf.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  (text) => readEdtf(text, "when"),
  (text) => text,
  () => ["2017", "2017-04", "2017-04-30", "2017-04~", "2017?/2018-02", "201X", "2017-21", "../2019"],
  40,
);
