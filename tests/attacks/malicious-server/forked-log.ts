/** The server shows a cosigner one history on Monday and another one on Tuesday, each rightly signed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitmentsOf, FIRST_DAY, hashOf, LogStory } from "../../auditor/log-story.ts";
import { auditor } from "../../auditor/story-on-disk.ts";
import { type Attack, outcome } from "../attack.ts";
import { putFiles } from "../telling.ts";

export const attack: Attack = {
  does: "has two histories of the log cosigned",
  defences: [
    {
      file: "src/protocol/tlog/verify.ts",
      place: "verifyGrowth",
      before: 'error.code === "bad-proof") throw new Refusal("log-forked")',
      after: 'error.code === "bad-proof") return',
    },
    {
      file: "src/auditor/reading.ts",
      place: "readLog",
      before: "if (stateFolder !== null && authentic && grown === null) await rememberSeen(stateFolder, origin, note, memory);",
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const shown = await LogStory.begin();
    shown.seal(FIRST_DAY);
    const other = await LogStory.begin();
    other.seal(FIRST_DAY, [...commitmentsOf(1, 63), hashOf("another item")].toSorted());
    other.seal(FIRST_DAY);

    const [policy, key, state] = ["policy", "key", "state"].map((name) => join(folder, name)) as [string, string, string];
    await writeFile(policy, shown.policy());
    if ((await auditor("keygen", "cosigner.example", "--out", key)).code !== 0) throw new Error("no key");
    const cosign = async (name: string, story: LogStory): Promise<number> => {
      const log = await putFiles(join(folder, name), (await story.write()).files);
      const words = ["cosign", log, "--policy", policy, "--key", key, "--state", state, "--out", join(folder, `${name}.note`)];
      return (await auditor(...words)).code;
    };
    if ((await cosign("monday", shown)) !== 0) throw new Error("an honest log was not cosigned");
    return outcome((await cosign("tuesday", other)) === 0);
  },
};
