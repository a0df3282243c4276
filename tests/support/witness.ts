/** Walks through the page as a witness would: by what can be seen and clicked. */
import type { Page } from "puppeteer-core";

/** Opens the page and waits until its form is open. */
export async function openWitnessPage(page: Page, site: string): Promise<void> {
  await page.goto(`${site}/en/`, { waitUntil: "load" });
  await page.waitForSelector("#step-safety fieldset.plain:not([disabled]), #step-failed:not([hidden])");
  const [failure] = await textsOf(page, "#step-failed:not([hidden]) h2");
  if (failure !== undefined) throw new Error(`the page stopped: ${failure}`);
}

/** Waits until a step is shown. */
export async function stepShown(page: Page, step: string): Promise<void> {
  await page.waitForSelector(`#step-${step}:not([hidden])`, { visible: true });
}

/** Presses the way on of a step and waits for the next one. */
export async function goOn(page: Page, step: string, next: string): Promise<void> {
  await page.click(`#step-${step} .ways .main`);
  await stepShown(page, next);
}

/** Waits until the page has looked into all of `count` chosen files. */
export async function filesLooked(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelectorAll('#files > li:not([data-look="looking"])').length === wanted, {}, count);
}

/** Ticks a box or picks a choice. */
export async function pick(page: Page, name: string, code: string): Promise<void> {
  await page.click(`input[name="${name}"][value="${code}"]`);
}

/** Text of everything that matches. */
export async function textsOf(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (elements) => elements.map((element) => element.textContent));
}

/** On the step that asks for two words: types them from `words`. */
export async function answerWords(page: Page, words: readonly string[]): Promise<void> {
  for (const letter of ["a", "b"]) {
    const [label = ""] = await textsOf(page, `#label-word-${letter}`);
    const position = Number(/\d+/.exec(label)?.[0]) - 1;
    await page.type(`#word-${letter}`, words[position] ?? "");
  }
}

/** From the shown words to the step after them; returns the words. */
export async function confirmWords(page: Page): Promise<string[]> {
  await page.waitForSelector("#words li:nth-child(12)");
  const words = await textsOf(page, "#words li");
  await goOn(page, "words", "check");
  await page.waitForFunction(() => document.getElementById("label-word-b")?.textContent !== "");
  await answerWords(page, words);
  await page.click("#check-words");
  await stepShown(page, "review");
  return words;
}

/** From the safety words straight to the review, with nothing but an account. */
export async function writeOnly(page: Page, account: string): Promise<void> {
  await goOn(page, "safety", "story");
  await page.type("#narrative", account);
  await goOn(page, "story", "questions");
  await goOn(page, "questions", "files");
  await goOn(page, "files", "reply");
  await goOn(page, "reply", "review");
}
