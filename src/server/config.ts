/**
 * Settings come from the environment, are checked once, and every wrong one is named at once. Their values are not repeated: a database address holds a
 * password.
 *
 * | setting | default | what |
 * | --- | --- | --- |
 * | `HOST`, `PORT` | 127.0.0.1, 8080 | where to listen; port 0 takes a free one |
 * | `EXPOSE` | – | the content of HOST once more, if that is not this machine alone: whoever reaches the server without Tor shows it who they are |
 * | `SOCKET` | – | a Unix socket to listen on instead; this is what an onion service should be pointed at |
 * | `ADMIN_SOCKET` | – | a Unix socket for a monitor of one's own, which gets counts of batches and nothing that moves with a tip |
 * | `DATA_DIR` | ./data | everything the server keeps outside PostgreSQL, and PostgreSQL itself unless DATABASE_URL is set |
 * | `KEYS_DIR` | ./keys | public keys from the ceremony |
 * | `DATABASE_URL` | – | a PostgreSQL of one's own |
 * | `DATABASE_URL_FILE` | – | a file that holds it instead, for what keeps secrets in files |
 * | `SEAL_AT` | 00:00 | when a batch is sealed each day, UTC |
 * | `ORIGIN` | content of KEYS_DIR/origin | the log's name |
 * | `PAGE_DIR` | ./dist/page | the built page |
 * | `MAX_TIP_MIB` | 4000 | largest content of a tip, MiB |
 * | `MIN_FREE_MIB` | 1024 | no more parts are taken unless this much disk stays free when all that waits is sealed, MiB |
 * | `MAX_PENDING_MIB` | 100000 | space that tips may take until they are sealed, MiB |
 * | `RESERVE_MIB` | 512 | of both, kept for tips of less than 512 KiB: larger uploads are refused first, MiB |
 * | `IN_FLIGHT_MIB` | 64 | memory for bodies that are being received, MiB |
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { Refusal } from "../protocol/errors.ts";

/** Checked settings. Paths are absolute. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly socket: string | null;
  readonly adminSocket: string | null;
  readonly dataDir: string;
  readonly keysDir: string;
  readonly databaseUrl: string | null;
  /** `HH:MM`, UTC. */
  readonly sealAt: string;
  /** Name of the log. */
  readonly origin: string;
  readonly pageDir: string;
  /** Largest content of a tip, bytes. */
  readonly maxTipBytes: number;
  /** Free disk below which no parts are taken, bytes. */
  readonly minFreeBytes: number;
  /** Most space for tips that are not sealed yet, bytes. */
  readonly maxPendingBytes: number;
  /** Space kept for small tips, bytes; less than `maxPendingBytes`. */
  readonly reserveBytes: number;
  /** Most memory for bodies under way, bytes. */
  readonly inFlightBytes: number;
}

const MIB = 1_048_576;

/** Addresses that only this machine reaches. */
const LOOPBACK = /^(?:localhost|::1|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})$/;

const DATABASE_ADDRESS = /^postgres(?:ql)?:\/\/\S+$/;

const folder = z
  .string()
  .min(1)
  .max(1000)
  .transform((path) => resolve(path));
const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const SETTINGS = z.object({
  HOST: z.string().min(1).max(255).default("127.0.0.1"),
  EXPOSE: z.string().optional(),
  PORT: whole(0, 65_535).default(8080),
  SOCKET: z.string().min(1).max(107).optional(),
  ADMIN_SOCKET: z.string().min(1).max(107).optional(),
  DATA_DIR: folder.prefault("data"),
  KEYS_DIR: folder.prefault("keys"),
  DATABASE_URL: z.string().regex(DATABASE_ADDRESS).optional(),
  DATABASE_URL_FILE: z.string().min(1).max(1000).optional(),
  SEAL_AT: z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/)
    .default("00:00"),
  ORIGIN: z
    .string()
    .regex(/^[^\s+]{1,255}$/u)
    .optional(),
  PAGE_DIR: folder.prefault("dist/page"),
  MAX_TIP_MIB: whole(1, 4000).default(4000),
  MIN_FREE_MIB: whole(0, 100_000_000).default(1024),
  MAX_PENDING_MIB: whole(1, 100_000_000).default(100_000),
  RESERVE_MIB: whole(0, 1_000_000).default(512),
  IN_FLIGHT_MIB: whole(4, 100_000).default(64),
});

/**
 * The settings in `env`; an empty one counts as absent.
 * @throws {Refusal} `bad-settings` with the names of all wrong ones.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in SETTINGS.shape && value !== undefined && value !== ""),
  );
  const read = SETTINGS.safeParse(given);
  const wrong = new Set(read.error?.issues.map(({ path }) => String(path[0])) ?? []);
  const keysDir = read.data?.KEYS_DIR ?? resolve(given["KEYS_DIR"] ?? "keys");
  const origin = given["ORIGIN"] ?? originOf(keysDir);
  if (origin === null || !/^[^\s+]{1,255}$/u.test(origin)) wrong.add("ORIGIN");
  if (read.data !== undefined && read.data.RESERVE_MIB >= read.data.MAX_PENDING_MIB) wrong.add("RESERVE_MIB");
  if (read.data !== undefined && read.data.SOCKET === undefined && !LOOPBACK.test(read.data.HOST) && read.data.EXPOSE !== read.data.HOST)
    wrong.add("HOST");
  if (read.data?.ADMIN_SOCKET !== undefined && read.data.ADMIN_SOCKET === read.data.SOCKET) wrong.add("ADMIN_SOCKET");
  const fromFile = read.data?.DATABASE_URL_FILE === undefined ? null : addressIn(read.data.DATABASE_URL_FILE);
  if (read.data?.DATABASE_URL_FILE !== undefined && (fromFile === null || read.data.DATABASE_URL !== undefined))
    wrong.add("DATABASE_URL_FILE");
  if (wrong.size > 0 || read.data === undefined || origin === null) throw new Refusal("bad-settings", [...wrong].sort().join(", "));

  const { HOST, PORT, SOCKET, ADMIN_SOCKET, DATA_DIR, DATABASE_URL, SEAL_AT, PAGE_DIR, MAX_TIP_MIB } = read.data;
  const { MIN_FREE_MIB, MAX_PENDING_MIB, RESERVE_MIB, IN_FLIGHT_MIB } = read.data;
  return {
    host: HOST,
    port: PORT,
    socket: SOCKET === undefined ? null : resolve(SOCKET),
    adminSocket: ADMIN_SOCKET === undefined ? null : resolve(ADMIN_SOCKET),
    dataDir: DATA_DIR,
    keysDir,
    databaseUrl: DATABASE_URL ?? fromFile,
    sealAt: SEAL_AT,
    origin,
    pageDir: PAGE_DIR,
    maxTipBytes: MAX_TIP_MIB * MIB,
    minFreeBytes: MIN_FREE_MIB * MIB,
    maxPendingBytes: MAX_PENDING_MIB * MIB,
    reserveBytes: RESERVE_MIB * MIB,
    inFlightBytes: IN_FLIGHT_MIB * MIB,
  };
}

/** The address in a file, or null if there is none. */
function addressIn(path: string): string | null {
  try {
    const address = readFileSync(path, "utf8").trimEnd();
    return DATABASE_ADDRESS.test(address) ? address : null;
  } catch {
    return null;
  }
}

function originOf(keysDir: string): string | null {
  try {
    return readFileSync(join(keysDir, "origin"), "utf8").trimEnd();
  } catch {
    return null;
  }
}
