/**
 * One keeper operation in a process of its own, which kills itself (SIGKILL) at a given call of its progress: `node keeper-operation.ts FOLDER
 * OPERATION ARGUMENT DAY KILL-AT`. KILL-AT is `<step>` for its first call, `<step>/half` for one in the middle. Exits 0 if the operation ends before.
 */
import { loadConfig } from "../../../src/server/config.ts";
import { openContext } from "../../../src/server/context.ts";
import { exportBundle } from "../../../src/server/courier/export.ts";
import { importBundle } from "../../../src/server/courier/import.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import type { Progress } from "../../../src/server/courier/progress.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import { takePolicy } from "../../../src/server/courier/retention.ts";
import { openEventLog } from "../../../src/server/privacy.ts";
import { environmentOf, noonOf } from "../courier/keeper-fixture.ts";

const [folder = "", operation = "", argument = "", day = "0", killAt = ""] = process.argv.slice(2);

const progress: Progress = (step, done = 0, total = 0) => {
  const half = done > 0 && done >= total / 2;
  if (step === killAt || (half && `${step}/half` === killAt)) process.kill(process.pid, "SIGKILL");
};

const context = await openContext(loadConfig(environmentOf(folder)), {
  log: openEventLog({ write: () => undefined }),
  clock: () => noonOf(Number(day)),
});
try {
  await keep(context, { progress, patience: 60_000 }, async (keeper) => {
    if (operation === "export") await exportBundle(keeper, argument);
    if (operation === "import") await importBundle(keeper, argument);
    if (operation === "purge") await purge(keeper);
    if (operation === "retention") await takePolicy(keeper, argument);
  });
} finally {
  await context.close();
}
