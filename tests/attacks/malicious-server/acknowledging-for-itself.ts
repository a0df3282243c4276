/** Nobody fetched the batch. So that it may be destroyed, the server writes the acknowledgement itself and signs it with the only key it has. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitmentsOf, FIRST_DAY, LogStory } from "../../auditor/log-story.ts";
import { type Attack, outcome } from "../attack.ts";
import { foundBy, putFiles } from "../telling.ts";

export const attack: Attack = {
  does: "acknowledges a batch in the place of the review machine",
  defences: [
    {
      file: "src/auditor/audit.ts",
      place: "checkAcknowledgement",
      before: 'return "acknowledgement-wrong";\n  let text: string;\n  try {\n    ({ text } = await openNote(note, [review]));',
      after: 'return "acknowledgement-wrong";\n  let text: string;\n  try {\n    ({ text } = await openNote(note, [review, log]));',
    },
  ],
  run: async ({ folder }) => {
    const story = await LogStory.begin();
    const batch = story.seal(FIRST_DAY);
    story.export(FIRST_DAY);
    await story.acknowledge(batch, FIRST_DAY, commitmentsOf(batch), story.log);
    const [log, policy] = [await putFiles(join(folder, "log"), (await story.write()).files), join(folder, "policy")];
    await writeFile(policy, story.policy());
    const found = await foundBy("verify", log, "--policy", policy);
    return outcome(!found.includes("acknowledgement-unsigned"));
  },
};
