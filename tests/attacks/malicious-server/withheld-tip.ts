/** A tip with a receipt is thrown away before its batch is sealed. The witness's receipt is taken to an auditor. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromHex } from "../../../src/protocol/encoding.ts";
import { formatReceipt } from "../../../src/protocol/format/receipt.ts";
import { hashOf, ORIGIN, wholeStory } from "../../auditor/log-story.ts";
import { type Attack, outcome } from "../attack.ts";
import { foundBy, putFiles } from "../telling.ts";

export const attack: Attack = {
  does: "throws a tip away for which it has given a receipt",
  defences: [
    {
      file: "src/auditor/prove.ts",
      place: "brokenPromise",
      before: 'sealed.has(batch) ? "receipt-broken" : "receipt-open"',
      after: '"receipt-open"',
    },
  ],
  run: async ({ folder }) => {
    const story = await wholeStory();
    const log = await putFiles(join(folder, "log"), (await story.write()).files);
    const commitment = fromHex(hashOf("a tip that nobody will see"), 32);
    const [receipt, policy] = [join(folder, "receipt"), join(folder, "policy")];
    await writeFile(receipt, await story.log.sign(formatReceipt({ origin: ORIGIN, commitment, batch: 4 })));
    await writeFile(policy, story.policy());
    const found = await foundBy("prove", log, "--policy", policy, "--receipt", receipt, "--out", join(folder, "proof"));
    return outcome(!found.includes("receipt-broken"));
  },
};
