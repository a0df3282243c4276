/** The true document in a real browser, and behind it a script of the server's own, which could send everything as it is typed. */
import { utf8 } from "../../../src/protocol/encoding.ts";
import { type Attack, outcome } from "../attack.ts";
import { visited } from "../hostile-site.ts";

export const attack: Attack = {
  does: "has a script of its own run in the true document",
  defences: [
    {
      file: "src/page/document/document.ts",
      place: "formatDocument",
      before: ' integrity="${settings.integrity.script}"',
      after: "",
    },
  ],
  run: (bench) =>
    visited(
      bench,
      () => ({ "/assets/page.js": utf8('document.title = "sent everything";\n') }),
      async (page) => outcome((await page.title()) === "sent everything"),
    ),
};
