/**
 * The three files a browser gets: the document, and script and style that the build made of `page/` (src/build/window.ts). In the archive these lie beside the program. In a
 * checkout they are made when the window is opened, by the build in a process of its own: the review machine imports nothing of it.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Fault } from "../../protocol/errors.ts";
import { isSystemError } from "../new-folder.ts";

/** What the browser gets. */
export interface WindowFiles {
  readonly document: string;
  readonly script: string;
  readonly style: string;
}

/** Beside this program, in the archive. */
const SCRIPT = new URL("./window.js", import.meta.url);
const STYLE = new URL("./window.css", import.meta.url);
/** From this module, in a checkout. */
const BUILD = new URL("../../build/window-main.ts", import.meta.url);

/** Longest output of the build, bytes. */
const LONGEST_BUILD = 16_777_216;

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Firsthand, review</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/window.css">
<script type="module" src="/window.js"></script>
</head>
<body>
<noscript>This page needs scripts.</noscript>
<div id="window"></div>
</body>
</html>
`;

/** The files, read or built. @throws {Fault} */
export async function windowFiles(): Promise<WindowFiles> {
  try {
    return { document: DOCUMENT, ...((await builtBefore()) ?? (await builtNow())) };
  } catch (cause) {
    throw new Fault("making the window's page", cause);
  }
}

type Built = Pick<WindowFiles, "script" | "style">;

async function builtBefore(): Promise<Built | null> {
  try {
    return { script: await readFile(SCRIPT, "utf8"), style: await readFile(STYLE, "utf8") };
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return null;
    throw error;
  }
}

async function builtNow(): Promise<Built> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(BUILD)], { maxBuffer: LONGEST_BUILD });
  return JSON.parse(stdout) as Built;
}
