/** The witness: a headless Chromium that is driven by what can be seen and clicked. It talks to nobody but the demo's server. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer-core";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Milliseconds a step may take on a busy machine. */
const PATIENCE = 180_000;

/** Where Chromium is, or null. CHROMIUM in the environment comes first. */
export function findChromium(): string | null {
  const named = process.env["CHROMIUM"];
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/snap/bin"].filter(
    (folder) => folder !== "",
  );
  const candidates = [
    ...(named === undefined || named === "" ? [] : [named]),
    ...folders.flatMap((folder) => PROGRAMS.map((program) => join(folder, program))),
  ];
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return null;
}

/** Starts the browser with a profile in `folder`. */
export async function openBrowser(program: string, folder: string): Promise<Browser> {
  return await launch({
    executablePath: program,
    userDataDir: folder,
    headless: true,
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
    defaultViewport: { width: 1000, height: 900 },
    // The demo closes the browser itself.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // Root has no sandbox to offer; everybody else keeps it.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
}

/** What the witness's browser was seen doing. */
export interface Sent {
  /** The twelve words. */
  readonly words: readonly string[];
  /** Everything it asked the network for, in order: method, path, octets of the body. */
  readonly requests: readonly { method: string; path: string; octets: number }[];
  /** Whether every request went to the site itself. */
  readonly onlyHere: boolean;
  /** What went wrong in the page: must be empty. */
  readonly complaints: readonly string[];
}

async function shown(page: Page, step: string): Promise<void> {
  const selector = `#step-${step}:not([hidden])`;
  const failed = "#step-failed:not([hidden])";
  await page.waitForSelector(step === "failed" ? failed : `${selector}, ${failed}`, { visible: true });
  if ((await page.$(selector)) === null) throw new Error(`The page says: ${(await texts(page, "#title-failed, #failed-what")).join(" ")}`);
}

async function goOn(page: Page, step: string, next: string): Promise<void> {
  await page.click(`#step-${step} .ways .main`);
  await shown(page, next);
}

/** Text of everything that matches. Code for the browser is written as text: this program is compiled without the DOM. */
async function texts(page: Page, selector: string): Promise<string[]> {
  return (await page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.textContent)`,
  )) as string[];
}

/** Writes the tip on the page at `site` and sends it. `told` hears of each step. */
export async function sendTip(
  browser: Browser,
  site: string,
  narrative: string,
  files: readonly string[],
  told: (what: string) => void,
): Promise<Sent> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const requests: { method: string; path: string; octets: number }[] = [];
  const complaints: string[] = [];
  let onlyHere = true;
  page.on("request", (request) => {
    const url = new URL(request.url());
    // Anything else reaches no network.
    if (!/^(?:https?|wss?):$/.test(url.protocol)) return;
    if (url.origin !== site) onlyHere = false;
    requests.push({ method: request.method(), path: url.pathname, octets: Number(request.headers()["content-length"] ?? 0) });
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The page names an empty icon so that the browser asks for none; its own policy forbids even that one, which is told as an error.
    if (message.type() === "error" && !message.text().includes("'data:,'")) complaints.push(message.text());
  });

  await page.goto(`${site}/en/`, { waitUntil: "load" });
  await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
  await goOn(page, "safety", "story");
  told("reads what to keep in mind, and writes an account in Chinese, Uyghur and Tibetan");
  await page.type("#narrative", narrative);
  await goOn(page, "story", "questions");
  await page.click('input[name="basis"][value="happened_to_me"]');
  await page.type("#when-from", "2024");
  await goOn(page, "questions", "files");
  told("attaches four files");
  const choose = await page.$("input#choose");
  if (choose === null) throw new Error("The page has no place for files.");
  await choose.uploadFile(...files);
  await page.waitForSelector(`#files > li:nth-child(${String(files.length)})`);
  await page.waitForSelector('#files:not(:has(> li[data-look="looking"]))');
  await goOn(page, "files", "reply");
  await page.click("#wants-reply");
  await page.click("#wants-claim");
  await goOn(page, "reply", "words");
  await page.waitForSelector("#words li:nth-child(12)");
  const words = await texts(page, "#words li");
  told("writes down twelve words on paper, and is asked for two of them");
  await goOn(page, "words", "check");
  for (const letter of ["a", "b"]) {
    await page.waitForFunction(`document.getElementById("label-word-${letter}").textContent !== ""`);
    const [label = ""] = await texts(page, `#label-word-${letter}`);
    await page.type(`#word-${letter}`, words[Number(/\d+/.exec(label)?.[0]) - 1] ?? "");
  }
  await page.click("#check-words");
  await shown(page, "review");
  told("sends: the browser hashes, pads, encrypts and uploads in parts");
  await page.click("#send");
  await shown(page, "sending");
  await shown(page, "done");
  await page.close();
  return { words, requests, onlyHere, complaints };
}
