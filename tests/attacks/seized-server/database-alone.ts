/** Somebody has a copy of the database, of a backup say, and not of the server's files. They look for an envelope that they recorded on its way, to learn that it arrived. */
import { toHex } from "../../../src/protocol/encoding.ts";
import { makeTip, sendTip } from "../../support/server.ts";
import { allRows } from "../../support/tables.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "finds an envelope in a copy of the database, without the keys beside it",
  defences: [
    {
      file: "src/server/store/body-cipher.ts",
      place: "encryptBody",
      before: "into.set(cipher.update(body), NONCE);",
      after: "cipher.update(body);\n  into.set(body, NONCE);",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app, context }, { program }) => {
      const tip = await makeTip(program);
      await sendTip(app, tip);
      const rows = JSON.stringify(await allRows(context.db));
      const middle = toHex(tip.parts[0]?.slice(30_000, 30_100) ?? new Uint8Array(1));
      return outcome(rows.includes(middle) || rows.includes(tip.id) || rows.includes(toHex(tip.digest)));
    }),
};
