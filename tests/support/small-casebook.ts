/** A real casebook with a few real tips, made in this process: no server, no commands, no slow start of programs. */
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openVault, VAULT_FILE } from "../../src/reviewer/casebook/vault.ts";
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import type { OpenCasebook } from "../../src/reviewer/casebook/destroy.ts";
import { importBundle } from "../../src/reviewer/casebook/import.ts";
import { USUAL_ROLES } from "../../src/reviewer/casebook/roles.ts";
import { holdCeremony, USUAL_RETENTION } from "../../src/reviewer/ceremony.ts";
import { parseShares } from "../../src/reviewer/share-cards.ts";
import { joinShares } from "../../src/protocol/crypto/quorum.ts";
import type { AttachmentSource } from "../../src/protocol/crypto/tip.ts";
import { streamOf } from "./bytes.ts";
import { epochsOf, SmallServer, tipOf } from "./make-bundle.ts";
import { signerOf } from "./memory-log.ts";
import { newFolder } from "./review-machine.ts";

const ORIGIN = "tips.test/log";
const DAY = 86_400_000;

/** Passphrases of Ana and Bo when it is in earnest. */
export const PASSPHRASES = ["ana likes long passphrases", "bo does not, and has one"] as const;

/** Folder of a ceremony for Ana and Bo, or others, with one card; `demo`: their keys have no lock. */
export async function smallCeremony(demo: boolean, names: readonly string[] = ["Ana", "Bo"]): Promise<string> {
  const folder = join(await mkdtemp(join(await newFolder(), "ceremony-")), "review");
  const today = Math.floor(Date.now() / DAY) * 86_400;
  const people = names.map((name, index) => ({ name, roles: USUAL_ROLES, passphrase: demo ? null : (PASSPHRASES[index] ?? null) }));
  const plan = {
    origin: ORIGIN,
    start: today,
    epochs: 2,
    needed: 1,
    shares: 1,
    people,
    retention: USUAL_RETENTION,
    signers: 3,
    demo,
    typing: { from: "nowhere" } as const,
  };
  await holdCeremony(folder, plan, new Date(), () => undefined);
  return folder;
}

/** Opens the casebook in `casebook` with the cards in files. */
export async function openWith(casebook: string, ...cards: string[]): Promise<OpenCasebook> {
  const texts = await Promise.all(cards.map((card) => readFile(card, "utf8")));
  const shares = texts.flatMap(parseShares);
  const vault = await openVault(new Uint8Array(await readFile(join(casebook, VAULT_FILE))), shares);
  return { vault, casebook: await Casebook.open(casebook, vault), secret: await joinShares(shares) };
}

/** A narrative, or one with files. */
export type SmallTip = string | { readonly narrative: string; readonly files: readonly AttachmentSource[] };

/** A demo casebook of Ana and Bo with tips of these narratives. */
export async function smallCasebook(...tips: SmallTip[]): Promise<{ folder: string; card: string; open: OpenCasebook }> {
  const ceremony = await smallCeremony(true);
  const [folder, card] = [join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt")];
  const open = await openWith(folder, card);
  const file = async (name: string) => new Uint8Array(await readFile(join(ceremony, "public", name)));
  const to = await epochsOf(await file("program.pgp"), await file("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  await server.seal(
    await Promise.all(
      tips.map((tip) => (typeof tip === "string" ? tipOf(to, { narrative: tip }) : tipOf(to, { narrative: tip.narrative }, tip.files))),
    ),
  );
  await importBundle(streamOf((await server.exportBundle()).bytes, 65_536), {
    casebook: open.casebook,
    program: open.vault.program,
    log: (await signerOf(ORIGIN)).vkey,
    person: await open.casebook.person("Ana"),
    now: new Date(),
    progress: () => undefined,
  });
  return { folder, card, open };
}
