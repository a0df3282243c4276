/**
 * Pictures and documents as pixels, drawn by a process that lives for one page: renderer-main.ts. What it gets is the file's bytes and four words of ours; what it may do:
 *
 * - read its own code (Node's permission model), nothing else; write nowhere, start nothing; its environment is empty. Node has no permission for networks yet: that there is none
 *   is the machine's business (isolation.ts).
 * - use {@link HEAP_MIB} of heap and {@link WASM_PAGES} pages of WebAssembly memory, for {@link TIME_MS}; then it is killed.
 *
 * What it answers is believed in nothing: {@link parseDrawn} takes numbers in bounds and exactly as many pixels as they say. Whoever takes that process over with a file can
 * draw another picture. (Rejected: PNG or JPEG made there. The browser would then decode what a hostile process wrote.)
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Refusal } from "../../protocol/errors.ts";
import { type Drawn, HEADER_LENGTH, LONGEST_ANSWER, LONGEST_SIDE, LONGEST_TEXT, STATUS } from "./renderer-frame.ts";

/** Longest file that is drawn, bytes. */
const LONGEST_DRAWN_FILE = 134_217_728;
/** Most pages of 64 KiB of WebAssembly memory: 768 MiB. */
const WASM_PAGES = 12_288;
/** JavaScript's own memory; buffers are not in it. */
const HEAP_MIB = 128;
/** Milliseconds a page may take. */
const TIME_MS = 30_000;

/** Beside this program, in the archive; from this module, in a checkout. */
const BUILT = new URL("./renderer.mjs", import.meta.url);
const SOURCE = new URL("./renderer-main.ts", import.meta.url);

/** Draws page `page`, from 0, of a file that kinds.ts knows as `type`; its longest side has at most `longest` pixels. @throws {Refusal} `not-viewable`, `too-costly`, `too-large`. */
export async function drawPage(file: Uint8Array, type: string, page: number, longest: number): Promise<Drawn> {
  const answer = await render(file, ["page", type, String(page), String(Math.min(longest, LONGEST_SIDE))]);
  return parseDrawn(answer);
}

/** The words of a document. @throws {Refusal} as {@link drawPage}. */
export async function wordsOf(file: Uint8Array, type: string): Promise<string> {
  const answer = await render(file, ["text", type, "0", "0"]);
  requireDone(answer);
  if (answer.length > 1 + LONGEST_TEXT) throw new Refusal("not-viewable");
  // Cut in the middle of a character, it may be; what is no character is shown as such.
  return new TextDecoder().decode(answer.subarray(1));
}

/** Reads what the process answered. @throws {Refusal} `not-viewable` on anything but a page in bounds, `too-costly`. */
export function parseDrawn(answer: Uint8Array): Drawn {
  requireDone(answer);
  if (answer.length < HEADER_LENGTH) throw new Refusal("not-viewable");
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  const [pages, width, height] = [view.getUint32(1), view.getUint32(5), view.getUint32(9)];
  const inBounds = [width, height].every((side) => side >= 1 && side <= LONGEST_SIDE) && pages >= 1;
  if (!inBounds || answer.length !== HEADER_LENGTH + 3 * width * height) throw new Refusal("not-viewable");
  return { pages, width, height, pixels: answer.subarray(HEADER_LENGTH) };
}

function requireDone(answer: Uint8Array): void {
  const [status] = answer;
  if (status === STATUS.costly) throw new Refusal("too-costly");
  if (status !== STATUS.done) throw new Refusal("not-viewable");
}

async function render(file: Uint8Array, words: readonly string[]): Promise<Uint8Array> {
  if (file.length > LONGEST_DRAWN_FILE) throw new Refusal("too-large");
  const { program, readable } = await code();
  const child = spawn(process.execPath, [...confinement(readable), program, ...words], {
    env: {},
    cwd: "/",
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(child, "close");
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  const timer = setTimeout(kill, TIME_MS);
  // It may end before it has read everything.
  child.stdin.on("error", () => undefined);
  child.stdin.end(file);
  const pieces: Buffer[] = [];
  let length = 0;
  child.stdout.on("data", (piece: Buffer) => {
    length += piece.length;
    if (length <= LONGEST_ANSWER) pieces.push(piece);
    else kill();
  });
  const [status] = (await ended.finally(() => {
    clearTimeout(timer);
  })) as [number | null];
  // Killed by us, or by itself when its memory was full.
  if (status !== 0 || length > LONGEST_ANSWER) throw new Refusal("too-costly");
  return new Uint8Array(Buffer.concat(pieces));
}

/** Node's options for a process that may read these files and folders, and nothing else. */
export function confinement(readable: readonly string[]): string[] {
  return [
    "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${String(HEAP_MIB)}`,
    `--wasm-max-mem-pages=${String(WASM_PAGES)}`,
    "--disallow-code-generation-from-strings",
    "--no-warnings",
  ];
}

interface Code {
  readonly program: string;
  /** Files and folders it may read. */
  readonly readable: readonly string[];
}

let found: Promise<Code> | undefined;

/** Where the process's code is, looked up once. */
function code(): Promise<Code> {
  found ??= findCode();
  return found;
}

async function findCode(): Promise<Code> {
  const built = fileURLToPath(BUILT);
  if ((await stat(built).catch(() => null)) !== null) {
    const program = await realpath(built);
    return { program, readable: [program, join(dirname(program), "mupdf-wasm.wasm")] };
  }
  const program = await realpath(fileURLToPath(SOURCE));
  const library = dirname(await realpath(createRequire(program).resolve("mupdf")));
  const packages = [join(dirname(program), "../../../package.json"), join(library, "../package.json")];
  return { program, readable: [join(dirname(program), "*"), join(library, "*"), ...packages] };
}
