/**
 * Taking in tips, beside nothing but decrypting the same messages: openEnvelope of each, its content thrown away. What more an import does: the bundle, the log, every commitment, the tip's form and signature,
 * a record of its own under a key of its own, everything flushed to the disk.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSecret } from "../../src/protocol/crypto/certificate.ts";
import { openEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { openVault, VAULT_FILE } from "../../src/reviewer/casebook/vault.ts";
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import { importBundle } from "../../src/reviewer/casebook/import.ts";
import { parseShares } from "../../src/reviewer/share-cards.ts";
import { streamOf } from "../support/bytes.ts";
import { epochsOf, type Item, SmallServer, tipOf } from "../support/make-bundle.ts";
import { signerOf } from "../support/memory-log.ts";
import { holdDemoCeremony } from "./ceremony.ts";
import { processorSeconds, type Result } from "./target.ts";

const ORIGIN = "tips.test/log";
/** Tips of a bundle, and of one with `large`. */
const TIPS = { usual: 500, large: 10_000 } as const;
/** Ten minutes. */
const SECONDS_ALLOWED = 600;

/** An import of 500 tips, with `large` of 10,000. */
export async function benchImport(large: boolean): Promise<Result[]> {
  const count = large ? TIPS.large : TIPS.usual;
  const folder = await mkdtemp(join(tmpdir(), "import-"));
  try {
    const review = join(folder, "review");
    await holdDemoCeremony(review, ORIGIN, 1);
    const file = async (name: string) => new Uint8Array(await readFile(join(review, name)));
    const vault = await openVault(
      await file(join("casebook", VAULT_FILE)),
      parseShares(await readFile(join(review, "cards", "card-1-of-1.txt"), "utf8")),
    );
    const casebook = await Casebook.open(join(review, "casebook"), vault);
    const to = await epochsOf(await file("public/program.pgp"), await file("public/rewards.pgp"));
    const items: Item[] = [];
    for (let number = 0; number < count; number++)
      items.push(await tipOf(to, { narrative: `The ${String(number)}th of many. ${"医院里的人说的话。".repeat(40)}` }));
    const server = await SmallServer.create(ORIGIN);
    await server.seal(items);
    const bundle = await server.exportBundle();

    const secret = await openSecret(vault.program);
    const bare = await processorSeconds(async () => {
      for (const { envelope } of items) {
        const { content } = await openEnvelope(streamOf(envelope), (pkesk) => secret.decryptSessionKey(pkesk));
        for await (const piece of content) if (piece.length === 0) throw new Error("an empty piece");
      }
    });
    const order = {
      casebook,
      program: vault.program,
      log: (await signerOf(ORIGIN)).vkey,
      person: await casebook.person(),
      now: new Date(),
      progress: () => undefined,
    };
    const begin = performance.now();
    const spent = await processorSeconds(async () => {
      const { imported } = await importBundle(streamOf(bundle.bytes, 65_536), order);
      if (imported.tips.length !== count) throw new Error("not every tip came in");
    });
    const wall = (performance.now() - begin) / 1000;
    return [
      {
        name: `import of ${String(count)} tips of the smallest class (${wall.toFixed(0)} s on the clock)`,
        value: spent,
        unit: "CPU-s",
        baseline: { name: "only decrypting the same messages", value: bare },
        target: { ratio: 5, aim: "at-most" },
      },
      {
        name: "import of 10,000 tips, reckoned from that",
        value: (wall * TIPS.large) / count,
        unit: "s",
        baseline: { name: "what is asked for", value: SECONDS_ALLOWED },
        target: { ratio: 1, aim: "at-most" },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
