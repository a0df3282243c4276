/** The list of the page's files stays as it is in the log; one script behind it is another, that does not encrypt. */
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { openAlteredSite } from "../../support/altered-site.ts";
import { type Attack, outcome } from "../attack.ts";
import { foundBy, withServer } from "../telling.ts";

export const attack: Attack = {
  does: "serves one script of its own beside the true list of the page's files",
  defences: [
    {
      file: "src/auditor/page.ts",
      place: "compareFile",
      before: 'if (toHex(sha256(answer.bytes)) !== hash) return found("page-file-wrong");',
      after: "void hash;",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app, dataDir }) => {
      await app.listen({ host: "127.0.0.1", port: 0 });
      const { port } = app.server.address() as AddressInfo;
      const site = await openAlteredSite(`http://127.0.0.1:${String(port)}`);
      try {
        site.alter({ "/page.js": { body: "send(everything);\n" } });
        const list = toHex(sha256(new Uint8Array(await readFile(join(dataDir, "page", "manifest.json")))));
        return outcome(!(await foundBy("page", site.url, "--list", list)).includes("page-file-wrong"));
      } finally {
        await site.close();
      }
    }),
};
