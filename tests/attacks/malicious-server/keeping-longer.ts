/** The server wants to keep tips for ten years, and has one of the three people who may change the policy on its side. It takes two. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FIRST_DAY, LogStory, ORIGIN } from "../../auditor/log-story.ts";
import { nextPolicyNote, policySigners } from "../../support/retention-notes.ts";
import { retentionNotePath } from "../../../src/protocol/format/retention-note.ts";
import { type Attack, outcome } from "../attack.ts";
import { foundBy, putFiles } from "../telling.ts";

export const attack: Attack = {
  does: "changes the retention policy with one accomplice of the two it takes",
  defences: [
    {
      file: "src/protocol/crypto/retention-note.ts",
      place: "openRetentionNote",
      before: "before === null ? 1 : SIGNERS_NEEDED",
      after: "1",
    },
  ],
  run: async ({ folder }) => {
    const story = await LogStory.begin();
    const [accomplice] = await policySigners(ORIGIN);
    const first = story.files.get(retentionNotePath(1));
    if (first === undefined) throw new Error("a log begins with a policy");
    const longer = { daysAfterAcknowledgement: 3650, daysAtMost: 3650, graceDays: 2, unacknowledged: "keep" } as const;
    story.decide(await nextPolicyNote(first, { policy: longer, from: FIRST_DAY }, [accomplice]), FIRST_DAY);
    const [log, policy] = [await putFiles(join(folder, "log"), (await story.write()).files), join(folder, "policy")];
    await writeFile(policy, story.policy());
    const found = await foundBy("verify", log, "--policy", policy);
    return outcome(!found.some((code) => code === "policy-one-signature" || code === "policy-unsigned"));
  },
};
