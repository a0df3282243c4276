/** A file is called `../../../../x.sh`. The reviewer gets it out into a folder. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { tipsOf } from "../../../src/reviewer/casebook/shelf.ts";
import { extractTip } from "../../../src/reviewer/extract.ts";
import { fileOf, tipOf } from "../../support/make-bundle.ts";
import { patternOf } from "../../support/bytes.ts";
import { casebookOf } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "names a file so that it is written outside the folder it is meant for",
  defences: [
    {
      file: "src/reviewer/extract.ts",
      place: "safeName",
      before: 'return `${String(index + 1).padStart(4, "0")}${endingOf(claimed)}`;',
      after: "return claimed;",
    },
  ],
  run: async ({ folder }) => {
    const made = await casebookOf(async (to) => [await tipOf(to, {}, [fileOf("../escaped.sh", "text/plain", patternOf(100))])], folder);
    const [tip] = tipsOf(made.open.casebook);
    if (tip === undefined) throw new Error("there is a tip");
    await extractTip(made.open.casebook, tip, join(folder, "out"), () => undefined);
    return outcome((await readdir(folder)).includes("escaped.sh"));
  },
};
