/**
 * `npm run build`: builds the witness's page for the keys in KEYS_DIR (default: `keys`, or the demo keys in `data/keys` if there are none) into PAGE_DIR (default:
 * `dist/page`) and prints the SHA-256 of each file, to be compared with the log.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { asBytes } from "../protocol/bytes.ts";
import { openCertificate } from "../protocol/crypto/certificate.ts";
import { parseVkey } from "../protocol/crypto/note.ts";
import { Refusal } from "../protocol/errors.ts";
import { dayOf, formatDate } from "../protocol/format/date.ts";
import { formatProgram } from "../protocol/format/program.ts";
import { buildPage } from "./page.ts";
import { PROGRAM_FILE, programAsWritten, readProgram } from "./program.ts";
import { runCommand } from "./run-command.ts";

const HELP = `Usage: npm run build [-- --json] [-- --today DATE]
       npm run build -- --program FILE

Builds the witness's page and prints the SHA-256 of each file. With --program it builds nothing:
it checks a rewards program that a person wrote, and puts it into KEYS_DIR as program.json.

  KEYS_DIR   folder with program.pgp, rewards.pgp and origin (default: keys, else data/keys);
             with program.json, the page shows what it offers, else that nothing is on offer
  LOG_VKEY   file with the log's key, as "firsthand keys --log" prints it on the server
             (default: KEYS_DIR/log.vkey)
  ORIGIN     name of the log (default: content of KEYS_DIR/origin)
  PAGE_DIR   where the page goes (default: dist/page)
  --json     print the list as JSON
  --today    day for which the offline page is made, YYYY-MM-DD (default: today, UTC); it is the
             same for every day of one week of the keys
`;

/** Type of a verifier key that signs notes; the other one only cosigns. */
const SIGNS_NOTES = 1;

function setting(name: string): string | null {
  const given = process.env[name];
  return given === undefined || given === "" ? null : given;
}

function keysDir(): string {
  const given = setting("KEYS_DIR");
  if (given !== null) return resolve(given);
  return [resolve("keys"), resolve("data/keys")].find((folder) => existsSync(join(folder, "program.pgp"))) ?? resolve("keys");
}

/** The log's verifier key. @throws {Refusal} `log-key-missing`, `bad-vkey`, `wrong-origin` if it is of another log. */
async function logKey(path: string, origin: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    throw new Refusal("log-key-missing");
  }
  const key = parseVkey(text.trimEnd());
  if (key.type !== SIGNS_NOTES) throw new Refusal("bad-vkey", "type");
  if (key.name !== origin) throw new Refusal("wrong-origin", "log.vkey");
  return key.text;
}

interface Words {
  readonly json: boolean;
  readonly help: boolean;
  readonly today: string;
  /** File of a program that a person wrote. */
  readonly program: string | undefined;
}

/** What the command was told; null if it was not understood. */
function readWords(words: readonly string[]): Words | null {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        today: { type: "string" },
        program: { type: "string" },
      },
    });
    return { ...values, program: values.program, today: values.today ?? formatDate(dayOf(Date.now())) };
  } catch {
    return null;
  }
}

async function main(words: readonly string[]): Promise<number> {
  const told = readWords(words);
  if (told === null) {
    process.stderr.write(HELP);
    return 2;
  }
  if (told.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = keysDir();
  if (told.program !== undefined) {
    const written = await readFile(told.program).catch(() => {
      throw new Refusal("no-secure-place", "--program");
    });
    await writeFile(join(folder, PROGRAM_FILE), formatProgram(programAsWritten(written)));
    process.stdout.write(`${PROGRAM_FILE}: checked and written\n`);
    return 0;
  }
  const file = async (name: string): Promise<Buffer> => {
    try {
      return await readFile(join(folder, name));
    } catch {
      throw new Refusal("keys-missing", name);
    }
  };
  const certificates = { program: asBytes(await file("program.pgp")), rewards: asBytes(await file("rewards.pgp")) };
  const program = await openCertificate(certificates.program);
  const rewards = await openCertificate(certificates.rewards);
  if (program.purpose !== "program" || rewards.purpose !== "rewards") throw new Refusal("wrong-certificate");
  const origin = setting("ORIGIN") ?? (await file("origin")).toString("utf8").trimEnd();
  const demo = existsSync(join(folder, "DEMO"));
  const { files, list } = await buildPage({
    programFingerprint: program.fingerprint,
    rewardsFingerprint: rewards.fingerprint,
    ...certificates,
    today: told.today,
    log: await logKey(resolve(setting("LOG_VKEY") ?? join(folder, "log.vkey")), origin),
    demo,
    configured: await readProgram(join(folder, PROGRAM_FILE), told.today, demo),
    outDir: resolve(setting("PAGE_DIR") ?? "dist/page"),
  });
  if (told.json) {
    process.stdout.write(`${JSON.stringify(files, null, 2)}\n`);
    return 0;
  }
  for (const { path, sha256, size, gzip } of files) {
    process.stdout.write(`${sha256}  ${String(size).padStart(7)}  ${String(gzip).padStart(7)} gz  ${path}\n`);
  }
  process.stdout.write(`${list}  manifest.json: the list of these, whose hash the log names\n`);
  return 0;
}

await runCommand(main);
