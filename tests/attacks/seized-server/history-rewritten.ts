/** Somebody who may write to the database changes an entry that was signed and takes away what was published, so that the server itself signs another history. */
import { keep } from "../../../src/server/courier/keeper.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { publishedCheckpoint } from "../../../src/server/store/log-store.ts";
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "makes the server sign a second history of its log",
  defences: [
    {
      file: "src/server/courier/writer.ts",
      place: "extendsSigned",
      before: 'if (!equal(root, signed.root)) throw new Refusal("store-went-back", "root");',
      after: "void [equal, root];",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ context }) => {
      await keep(context, {}, () => Promise.resolve());
      const before = await publishedCheckpoint(context.db);
      const owner = openDatabase(context.config.databaseUrl ?? "", { connections: 1 });
      try {
        await owner.query("alter table leaf disable trigger all");
        await owner.query("update leaf set bytes = set_byte(bytes, 30, get_byte(bytes, 30) # 1) where index = 5");
        await owner.query("delete from tile");
        await owner.query("delete from log_state where name = 'checkpoint'");
      } finally {
        await owner.close();
      }
      await refusalOf(() => keep(context, {}, () => Promise.resolve()));
      const after = await publishedCheckpoint(context.db);
      return outcome(before !== null && after !== null && before.join() !== after.join());
    }),
};
