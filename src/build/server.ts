/**
 * The server's archive and the auditor's in one (`archive.ts` says what is in every one): what stands beside an onion service, and what checks it from outside.
 *
 *     firsthand, firsthand-auditor     start them
 *     program/server/main.mjs          `src/server` and what it imports, as one file
 *     program/auditor/main.mjs
 *     migrations/, deploy/guides/      where the server's file looks for them
 *
 * PostgreSQL is not inside: DATABASE_URL says where it is.
 */
import { type BuiltArchive, buildArchive, folder, starter, text, writeArchive } from "./archive.ts";
import { bundleProgram } from "./bundle.ts";

/** How Node's memory is kept small under many tips (deploy/SIZING.md). */
const OPTIONS = ["--max-semi-space-size=4", "--single-threaded-gc"];

const README = `Firsthand, the intake server and the auditor's program. For Linux on x64, with a PostgreSQL of your own.

    sha256sum --check SHA256SUMS
    DATABASE_URL=… ./firsthand serve
    ./firsthand-auditor --help

Compare the sum of the archive with the one its publishers give in another place before you unpack it.
`;

/** Builds the archive into `outDir`, with its sum beside it. @throws {Refusal} `runtime-missing` if the package with Node is not installed. */
export async function writeServer(outDir: string): Promise<BuiltArchive> {
  const server = await bundleProgram("src/server/main.ts");
  const auditor = await bundleProgram("src/auditor/main.ts");
  const archive = await buildArchive({
    name: "firsthand-server",
    entries: [
      ["README", text(README)],
      ["firsthand", starter("program/server/main.mjs", OPTIONS)],
      ["firsthand-auditor", starter("program/auditor/main.mjs")],
      ["program/server/main.mjs", text(server.text)],
      ["program/auditor/main.mjs", text(auditor.text)],
      ...(await folder("migrations", "migrations")),
      ...(await folder("deploy/guides", "deploy/guides")),
    ],
    inputs: [server, auditor].flatMap(({ metafile }) => Object.keys(metafile.inputs)),
  });
  return writeArchive(archive, outDir);
}
