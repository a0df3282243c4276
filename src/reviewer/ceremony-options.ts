/** Options that say what a ceremony makes, who people are, and how cards are split and typed back: understood. Each of these ends with a `usage` refusal if there is nothing to understand. */
import { readFile } from "node:fs/promises";
import { Fault } from "../protocol/errors.ts";
import { parseDate, SECONDS_A_DAY } from "../protocol/format/date.ts";
import { MOST_SIGNERS, SIGNERS_NEEDED } from "../protocol/format/retention-note.ts";
import type { TypingBack } from "./cards.ts";
import { personName } from "./casebook/event.ts";
import type { NewPerson } from "./casebook/people.ts";
import { type Role, ROLES, roles, USUAL_ROLES } from "./casebook/roles.ts";
import { type CeremonyPlan, checkOrigin, USUAL_RETENTION } from "./ceremony.ts";
import type { Values } from "./command-options.ts";
import { readOwnSecret } from "./own-secret.ts";
import { dayIn, numberIn, usage } from "./words-of.ts";

/** K of N. @throws {Refusal} `usage`. */
export function quorumOf(values: Values): { needed: number; shares: number } {
  const quorum = /^([0-9]{1,3})\/([0-9]{1,3})$/.exec(values.quorum ?? "1/1");
  const [needed, shares] = [Number(quorum?.[1] ?? 0), Number(quorum?.[2] ?? 0)];
  if (needed < 1 || needed > shares || shares > 255) usage("a quorum is K/N, 1 ≤ K ≤ N ≤ 255");
  return { needed, shares };
}

/** Cards are typed back, except in a demo. */
export function typingOf(values: Values, demo: boolean): TypingBack {
  const path = values["verify-from"];
  if (path !== undefined) return { from: "file", path };
  if (demo) return { from: "nowhere" };
  return process.stdin.isTTY ? { from: "keyboard" } : usage("cards are typed back: at a keyboard, or give --verify-from FILE");
}

/** What a ceremony is to make. @throws {Refusal} `usage`. */
export async function planOf(values: Values, now: Date): Promise<CeremonyPlan> {
  const people = (values.person ?? ["reviewer"]).map(personOf);
  if (new Set(people.map(({ name }) => name)).size !== people.length) usage("two people have the same name");
  if (!people.some(({ roles }) => roles.includes("lead"))) usage("one of the people has to be a lead");
  const passphrases = await readPassphrases(values.passphrases);
  return {
    origin: checkOrigin(values.origin ?? usage("ceremony needs --origin")),
    start: startOf(values.start, now),
    epochs: numberIn("--epochs", values.epochs ?? "52", 1, 520),
    ...quorumOf(values),
    people: people.map((person, index) => ({ ...person, passphrase: passphrases[index]?.trim() || null })),
    retention: { ...USUAL_RETENTION, daysAfterAcknowledgement: numberIn("--keep-days", values["keep-days"] ?? "30", 0, 180) },
    signers: numberIn("--signers", values.signers ?? "3", SIGNERS_NEEDED, MOST_SIGNERS),
    demo: values.demo === true || values.practice === true,
    typing: typingOf(values, values.demo === true),
  };
}

async function readPassphrases(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const content = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Fault("reading the passphrases", cause);
  });
  return content.split(/\r?\n/);
}

/** A person as they are named on the command line: `NAME` or `NAME=role,role`. */
function personOf(argument: string): { name: string; roles: Role[] } {
  const [name = "", list] = argument.split("=", 2);
  if (list === undefined) return { name: nameOf(name), roles: [...USUAL_ROLES] };
  try {
    return { name: nameOf(name), roles: roles(list.split(",").sort(), "roles") };
  } catch {
    return usage(`roles are ${ROLES.join(", ")}; the reward officer has no other`);
  }
}

/** Who is to be added, with the secret that locks their key. */
export async function newPerson(argument: string, passFile: string | undefined, say: (sentence: string) => void): Promise<NewPerson> {
  const file = passFile ?? usage("add-person needs --new-pass FILE");
  return { ...personOf(argument), secret: await readOwnSecret(file, say) };
}

function nameOf(name: string): string {
  try {
    return personName(name);
  } catch {
    return usage("a person's name is 1 to 64 characters, none of them unseen");
  }
}

/** Seconds of the day that is named, or of today. */
export function startOf(date: string | undefined, now: Date): number {
  if (date === undefined) return Math.floor(now.getTime() / 1000 / SECONDS_A_DAY) * SECONDS_A_DAY;
  return parseDate(dayIn("a date", date)) * SECONDS_A_DAY;
}
