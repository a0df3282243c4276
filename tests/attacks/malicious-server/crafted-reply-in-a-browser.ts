/** A witness comes back in a real browser. Before the true reply the server puts one of its own making. */
import { concat } from "../../../src/protocol/bytes.ts";
import { codenameToWords, deriveKeys, newCodename } from "../../../src/protocol/crypto/codename.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { sealReply } from "../../../src/protocol/crypto/reply.ts";
import { type Attack, outcome } from "../attack.ts";
import { opens, visited } from "../hostile-site.ts";

const DATE = "2026-08-01";

export const attack: Attack = {
  does: "hides a true reply behind one of its own making from a witness in a browser",
  defences: [
    {
      file: "src/protocol/crypto/reply.ts",
      place: "openMailboxAnswer",
      before: "if (!(error instanceof Refusal)) throw error;",
      after: "throw error;",
    },
  ],
  run: async (bench) => {
    const codename = newCodename();
    const words = await codenameToWords(codename, "english");
    const { reply } = await deriveKeys(codename);
    const own = await sealReply({ challenge: null, date: DATE, text: "Come to the station at noon." }, randomBytes(32));
    const real = await sealReply({ challenge: null, date: DATE, text: "Do not go out." }, reply);
    return visited(
      bench,
      () => ({ "/mailbox": concat(own, real, randomBytes(2 * real.length)) }),
      async (page) => {
        if (!(await opens(page))) throw new Error("the page does not open");
        await page.click("#come-back");
        await page.waitForSelector("#return-word", { visible: true });
        for (const word of words) {
          await page.type("#return-word", word);
          await page.keyboard.press("Enter");
        }
        await page.waitForSelector("#return ol li:nth-child(12)");
        await page.click("#step-return .ways .main");
        await page.waitForFunction(
          () => document.querySelector("#return .letter") !== null || (document.getElementById("return-problem")?.textContent ?? "") !== "",
        );
        const letters = await page.$$eval("#return .letter", (shown) => shown.map((letter) => letter.textContent));
        return outcome(letters.join() !== "Do not go out.");
      },
    );
  },
};
