/** More weeks for the certificates, by the commands. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { openCertificate, openSecret } from "../../src/protocol/crypto/certificate.ts";
import type { Desk } from "../../src/reviewer/desk.ts";
import { extendProgram, extendRewards } from "../../src/reviewer/extend.ts";
import { refusalOf } from "../support/refusals.ts";
import { openWith, smallCeremony } from "../support/small-casebook.ts";

const WEEKS = 2;
let ceremony: string;

beforeAll(async () => {
  ceremony = await smallCeremony(true);
});

const cardOf = (...path: string[]): string => join(ceremony, ...path, "cards", "card-1-of-1.txt");

function deskFor(person: string): Desk {
  const quiet = (): void => undefined;
  return {
    folder: join(ceremony, "casebook"),
    shareFiles: [cardOf()],
    person,
    passFile: undefined,
    override: true,
    now: new Date("2026-06-01T12:00:00Z"),
    progress: quiet,
    say: quiet,
  };
}

async function publicIn(folder: string, name: string) {
  return openCertificate(new Uint8Array(await readFile(join(folder, name))));
}

it("of the program: under the same cards, written down, and only then published", async () => {
  const before = await publicIn(join(ceremony, "public"), "program.pgp");
  const folder = join(ceremony, "stick");
  const { json } = await extendProgram(folder, WEEKS, deskFor("Ana"));
  const after = await publicIn(folder, "program.pgp");
  expect(after.fingerprint).toBe(before.fingerprint);
  expect(after.epochs).toHaveLength(before.epochs.length + WEEKS);
  const { casebook, vault } = await openWith(join(ceremony, "casebook"), cardOf());
  expect(casebook.acts("certificate-extended")).toMatchObject([{ epochs: WEEKS, until: (json as { until: string }).until }]);
  expect((await openSecret(vault.program)).epochs).toEqual(after.epochs.map(({ fingerprint }) => fingerprint));

  const again = join(ceremony, "again");
  await extendProgram(again, 0, deskFor("Bo"));
  expect(await readFile(join(again, "program.pgp"))).toEqual(await readFile(join(folder, "program.pgp")));
  expect(await refusalOf(() => extendProgram(again, 0, deskFor("Bo")))).toBe("already-there");
});

it("of the rewards: with their own cards and no others", async () => {
  const file = join(ceremony, "rewards", "rewards.locked");
  const folder = join(ceremony, "rewards-stick");
  const locked = await readFile(file);
  expect(await refusalOf(() => extendRewards(folder, file, WEEKS, [cardOf()]))).toBe("cannot-unlock");
  expect(await readFile(file)).toEqual(locked);
  await extendRewards(folder, file, WEEKS, [cardOf("rewards")]);
  const before = await publicIn(join(ceremony, "public"), "rewards.pgp");
  const after = await publicIn(folder, "rewards.pgp");
  expect([after.fingerprint, after.epochs.length, dirname(file)]).toEqual([
    before.fingerprint,
    before.epochs.length + WEEKS,
    join(ceremony, "rewards"),
  ]);
});
