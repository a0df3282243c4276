/**
 * HTML to PDF by the browser that the window needs anyway: the only program at hand that shapes Uyghur, Tibetan and Chinese. It is started for this one document, in a profile
 * of its own that is removed, with scripts forbidden by the document itself and every address but the file's leading nowhere. What it writes differs from time to time.
 */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Fault, Refusal } from "../../protocol/errors.ts";
import type { Bytes } from "../../protocol/bytes.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
/** Milliseconds a document may take on a slow machine. */
const PATIENCE = 180_000;

/** @throws {Refusal} `no-browser`. */
function findBrowser(): string {
  for (const program of PROGRAMS)
    for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"]) {
      const path = join(folder, program);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  throw new Refusal("no-browser");
}

/** The PDF of an HTML document. @throws {Refusal} `no-browser`. @throws {Fault} if the browser did not print. */
export async function printed(document: string): Promise<Bytes> {
  const browser = findBrowser();
  const folder = await mkdtemp(join(tmpdir(), "firsthand-print-"));
  const source = join(folder, "document.html");
  const target = join(folder, "document.pdf");
  try {
    await writeFile(source, document, { mode: 0o600 });
    await promisify(execFile)(browser, [...flags(folder), `--print-to-pdf=${target}`, pathToFileURL(source).href], { timeout: PATIENCE });
    return new Uint8Array(await readFile(target));
  } catch (cause) {
    throw new Fault("printing a document", cause);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function flags(folder: string): string[] {
  const own = [
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--disable-extensions",
    "--disable-background-networking",
  ];
  // A browser of root has no sandbox of its own; the document has no script and nobody's code in it.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return [
    ...own,
    ...asRoot,
    "--proxy-server=socks5://127.0.0.1:9",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    `--user-data-dir=${join(folder, "profile")}`,
  ];
}
