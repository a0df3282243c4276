/** Everything in `deploy` and the Dockerfile names paths, settings and users that are there. */
import { spawnSync } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SETTINGS as EMBEDDED } from "../../src/server/store/postgres-process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const UNITS = ["firsthand-keeper.service", "firsthand-intake.service"] as const;
/** Where the checkout is when it is installed. */
const INSTALLED = "/opt/firsthand";
/** Set in the units and images for programs other than ours. */
const FOREIGN = ["NODE_ENV"];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-deploy-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const read = (path: string): Promise<string> => readFile(join(ROOT, path), "utf8");

function run(program: string, ...words: string[]): { status: number | null; said: string } {
  const PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", env: { PATH, LC_ALL: "C.UTF-8" } });
  return { status, said: `${stdout}${stderr}` };
}

/** Names of all settings of the server. */
async function settings(): Promise<string[]> {
  const [, list = ""] = /const SETTINGS = z\.object\(\{\n([\s\S]*?)\n\}\);/.exec(await read("src/server/config.ts")) ?? [];
  const names = [...list.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name = ""]) => name);
  expect(names).toContain("DATABASE_URL_FILE");
  return names;
}

test("every setting that is set anywhere is one that the server has", async () => {
  const known = [...(await settings()), ...FOREIGN];
  const set: string[] = [];
  for (const unit of UNITS) {
    for (const [, line = ""] of (await read(`deploy/systemd/${unit}`)).matchAll(/^Environment=(.*)$/gm)) {
      set.push(...line.split(" ").map((pair) => pair.split("=")[0] ?? ""));
    }
  }
  for (const [, name = ""] of (await read("deploy/systemd/settings")).matchAll(/^([A-Z_]+)=/gm)) set.push(name);
  for (const [, name = ""] of (await read("deploy/bin/firsthand")).matchAll(/^export ([A-Z_]+)=/gm)) set.push(name);
  for (const [, line = ""] of (await read("Dockerfile")).matchAll(/^ENV (.*)$/gm)) {
    set.push(...line.split(" ").map((pair) => pair.split("=")[0] ?? ""));
  }
  for (const { environment } of Object.values(await services())) {
    set.push(...Object.keys(environment ?? {}).filter((name) => !name.startsWith("POSTGRES_")));
  }
  expect(set.length).toBeGreaterThan(15);
  expect(set.filter((name) => !known.includes(name))).toEqual([]);
});

describe("the units", () => {
  test.each(UNITS)("%s is understood, starts a program that is there, and is locked in", async (name) => {
    const unit = await read(`deploy/systemd/${name}`);
    const [, program = "", main = ""] =
      /^ExecStart=\/opt\/firsthand\/(\S+) (?:--\S+ )*(src\/server\/main\.ts) (?:keep|serve --intake)$/m.exec(unit) ?? [];
    await access(join(ROOT, program));
    await access(join(ROOT, main));
    const path = join(folder, name);
    // In place of what is not installed here: the program, and the units of PostgreSQL and each other.
    await writeFile(path, unit.replaceAll(INSTALLED, ROOT.replace(/\/$/, "")).replace(/^(?:Wants|After|EnvironmentFile)=.*\n/gm, ""));
    expect(run("systemd-analyze", "verify", path)).toEqual({ status: 0, said: "" });
    // Tenths: 0.6 of 10 is what is left, as Node compiles at run time and reads /proc/uptime.
    expect(run("systemd-analyze", "security", "--offline=true", "--threshold=7", path)).toMatchObject({ status: 0 });
    expect(unit).toMatch(/^PrivateNetwork=yes$/m);
  });

  test("their users are made, and only the keeper's may enter the keys of batches", async () => {
    const users = [...(await read("deploy/systemd/firsthand.sysusers")).matchAll(/^u (\S+) /gm)].map(([, name]) => name);
    for (const unit of UNITS) expect(users).toContain(/^User=(.*)$/m.exec(await read(`deploy/systemd/${unit}`))?.[1]);
    const lines = (await read("deploy/systemd/firsthand.tmpfiles")).split("\n").filter((line) => line.startsWith("d "));
    expect(lines.filter((line) => !/^d \S+ 0750 /.test(line))).toEqual([
      "d /var/lib/firsthand/keys/batches 0700 firsthand-keeper firsthand -",
    ]);
  });
});

describe("PostgreSQL", () => {
  /** What a database of one's own has otherwise: where it listens, how large it is, what only newer ones know. */
  const OTHERWISE = ["unix_socket_permissions", "max_connections", "shared_buffers", "io_method"];

  test("is as silent and as durable as the embedded one", async () => {
    const there = Object.fromEntries(
      [...(await read("deploy/postgresql/firsthand.conf")).matchAll(/^([a-z_]+) = (.*)$/gm)].map(([, name = "", value = ""]) => [
        name,
        value.replace(/^'(.*)'$/, "$1"),
      ]),
    );
    for (const [name, value] of Object.entries(EMBEDDED))
      if (!OTHERWISE.includes(name)) expect({ name, value: there[name] }).toEqual({ name, value });
    expect(there).toMatchObject({ log_connections: "off", log_disconnections: "off", archive_mode: "off" });
  });
});

describe("Tor", () => {
  test("takes the torrc", async () => {
    const both = `${await read("deploy/tor/torrc")}\n${await read("deploy/tor/staging.torrc")}`;
    const path = join(folder, "torrc");
    await mkdir(join(folder, "tor"), { mode: 0o700 });
    await writeFile(path, `DataDirectory ${folder}/tor\n${both.replaceAll("/var/lib/tor", join(folder, "tor")).replace("Sandbox 1", "")}`);
    const { status, said } = run("tor", "--defaults-torrc", "/dev/null", "-f", path, "--verify-config");
    expect({ status, said }).toMatchObject({ status: 0 });
    expect(said).not.toMatch(/obsolete|unrecognised|unrecognized/i);
  });

  test("the socket it forwards to is the one that intake opens", async () => {
    const [, socket = ""] = /^HiddenServicePort 80 unix:(\S+)$/m.exec(await read("deploy/tor/torrc")) ?? [];
    expect(await read("deploy/systemd/firsthand-intake.service")).toContain(`SOCKET=${socket}\n`);
    expect(await read("Dockerfile")).toContain(`SOCKET=${socket}\n`);
    expect(await read("deploy/systemd/tor.conf")).toContain(socket);
  });
});

describe("the firewall", () => {
  test("is understood, and lets only tor out", async () => {
    const rules = await read("deploy/nftables.conf");
    const path = join(folder, "nftables.conf");
    // The user by number, as not every machine has it.
    await writeFile(path, rules.replace('"debian-tor"', "61003"));
    expect(run("unshare", "--user", "--map-root-user", "--net", "nft", "--check", "--file", path)).toEqual({ status: 0, said: "" });
    const [, output = ""] = /chain output \{([\s\S]*?)\n\t\}/.exec(rules) ?? [];
    const accepts = output.split("\n").filter((line) => /^\t\t[^#].*accept$/.test(line));
    expect(accepts.map((line) => line.trim().split(" ").slice(0, 3).join(" "))).toEqual([
      'oif "lo" accept',
      'meta skuid "debian-tor"',
      "icmpv6 type {",
    ]);
  });
});

interface Service {
  readonly user?: string;
  readonly network_mode?: string;
  readonly networks?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly build?: { readonly context: string; readonly target: string };
  readonly secrets?: readonly string[];
}

/** The services of the compose file, as another program reads YAML. */
async function services(): Promise<Record<string, Service>> {
  return (await compose()).services;
}

function compose(): Promise<{ services: Record<string, Service>; volumes: Record<string, unknown>; secrets: Record<string, unknown> }> {
  const { status, said } = run(
    "python3",
    "-c",
    "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))",
    join(ROOT, "deploy/compose.yaml"),
  );
  expect(status).toBe(0);
  return Promise.resolve(JSON.parse(said) as Awaited<ReturnType<typeof compose>>);
}

describe("the containers", () => {
  test("only tor has a network, and all are locked in", async () => {
    const all = await services();
    expect(Object.keys(all).sort()).toEqual(["database", "intake", "keeper", "tor"]);
    for (const [name, service] of Object.entries(all)) {
      expect({ name, ...service }).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
      expect({ name, network: service.network_mode ?? service.networks }).toEqual({ name, network: name === "tor" ? ["out"] : "none" });
    }
    expect(all["intake"]?.volumes).toContain("data:/data:ro");
  });

  test("every volume, secret, file and target that is named is there", async () => {
    const { services: all, volumes, secrets } = await compose();
    const dockerfile = await read("Dockerfile");
    /** What the operator puts beside the file. */
    const own = ["./public", "./page", "./stick"];
    for (const service of Object.values(all)) {
      for (const volume of service.volumes ?? []) {
        const [source = ""] = volume.split(":");
        if (!source.startsWith("./")) expect(Object.keys(volumes)).toContain(source);
        else if (!own.includes(source)) await access(join(ROOT, "deploy", source));
      }
      for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret);
      if (service.build !== undefined) expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${service.build.target}$`, "m"));
    }
    for (const name of ["keeper", "intake"]) expect(dockerfile).toContain(`${name}:x:${all[name]?.user ?? "nobody"}:`);
  });

  test("the Dockerfile copies what is there, and what .dockerignore lets through", async () => {
    const passed = (await read(".dockerignore"))
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = [...(await read("Dockerfile")).matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, sources = ""]) =>
      sources.split(" "),
    );
    expect(copied).toContain("src/server");
    for (const source of copied) {
      await access(join(ROOT, source));
      expect(
        passed.some((path) => source === path || source.startsWith(`${path}/`)),
        source,
      ).toBe(true);
    }
  });
});

test("the guide names every file of deploy, and no other", async () => {
  const guide = await read("deploy/README.md");
  const files = (await readdir(join(ROOT, "deploy"), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(join(ROOT, "deploy/").length));
  const programs = files.filter((file) => file.startsWith("programs/"));
  expect(programs.length).toBeGreaterThan(0);
  const unnamed = files.filter(
    (file) =>
      !file.startsWith("programs/") && file !== "README.md" && !guide.includes(file.replace(/firsthand-(?:keeper|intake)/, "firsthand-*")),
  );
  expect(unnamed).toEqual([]);
  for (const [, path = ""] of guide.matchAll(/(?:^|\s)(deploy\/[a-z./-]+[a-z])(?=[\s`])/gm)) await access(join(ROOT, path));
  expect(run("sh", "-n", join(ROOT, "deploy/bin/firsthand")).status).toBe(0);
});
