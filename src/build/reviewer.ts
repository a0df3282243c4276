/**
 * The review machine's archive (`archive.ts` says what is in every one):
 *
 *     firsthand-reviewer        starts it
 *     program/main.mjs          the review machine, `src/reviewer` and what it imports, as one file
 *     program/window.{js,css}   the page of its window
 *     program/renderer.mjs      the process that draws pictures and documents, and MuPDF for it:
 *     program/mupdf-wasm.wasm
 *     program/guides/           what `help` prints
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuiltArchive, buildArchive, folder, starter, text, writeArchive } from "./archive.ts";
import { bundleProgram, ROOT } from "./bundle.ts";
import { buildWindow } from "./window.ts";

const MUPDF = "node_modules/mupdf/dist/mupdf-wasm.wasm";

const README = `Firsthand, the review machine. For Linux on x64; it needs nothing else.

    sha256sum --check SHA256SUMS
    ./firsthand-reviewer --help

Compare the sum of the archive with the one its publishers give in another place before you unpack it.
`;

/** Builds the archive into `outDir`, with its sum beside it. @throws {Refusal} `runtime-missing` if the package with Node is not installed. */
export async function writeReviewer(outDir: string): Promise<BuiltArchive> {
  const program = await bundleProgram("src/reviewer/main.ts");
  const renderer = await bundleProgram("src/reviewer/viewing/renderer-main.ts");
  const window = await buildWindow();
  const archive = await buildArchive({
    name: "firsthand-reviewer",
    entries: [
      ["README", text(README)],
      ["firsthand-reviewer", starter("program/main.mjs")],
      ["program/main.mjs", text(program.text)],
      ...(await folder("deploy/guides", "program/guides")),
      ["program/mupdf-wasm.wasm", { bytes: await readFile(join(ROOT, MUPDF)), mode: 0o644 }],
      ["program/renderer.mjs", text(renderer.text)],
      ["program/window.css", text(window.style)],
      ["program/window.js", text(window.script)],
    ],
    inputs: [...[program, renderer].flatMap(({ metafile }) => Object.keys(metafile.inputs)), ...window.inputs, MUPDF],
  });
  return writeArchive(archive, outDir);
}
