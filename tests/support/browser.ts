/**
 * Real browsers for tests: Debian's Chromium and Firefox ESR, headless, in a profile of their own that is removed afterwards, and quiet: they talk to nobody but
 * the test's server.
 */
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer-core";

/** Both browsers that the page must work in. */
export const BROWSERS = ["chromium", "firefox"] as const;
export type BrowserName = (typeof BROWSERS)[number];

const PROGRAMS: Readonly<Record<BrowserName, readonly string[]>> = {
  chromium: ["chromium", "chromium-browser", "google-chrome-stable"],
  firefox: ["firefox-esr", "firefox"],
};

/** A name that leads to loopback and that no browser trusts as a secure context. */
export const PLAIN_HOST = "plain.test";

/** Milliseconds a browser may take to start or to answer on a busy machine. */
const PATIENCE = 180_000;

function findProgram(name: BrowserName): string {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/snap/bin"];
  for (const program of PROGRAMS[name]) {
    for (const folder of folders) {
      const path = join(folder, program);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error(`no ${name} on this machine: install one of ${PROGRAMS[name].join(", ")}`);
}

/** A browser and its profile. */
export interface TestBrowser {
  readonly name: BrowserName;
  /** A new page, `width` by `height` CSS pixels. */
  newPage(width?: number, height?: number): Promise<Page>;
  close(): Promise<void>;
}

/** Starts a browser; without `scripts`, pages run none, as at Tor Browser's level *Safest*. */
export async function openBrowser(name: BrowserName, scripts = true): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), `fh-${name}-`));
  let browser: Browser;
  try {
    browser = await launch({
      browser: name === "firefox" ? "firefox" : "chrome",
      executablePath: findProgram(name),
      userDataDir: profile,
      headless: true,
      timeout: PATIENCE,
      protocolTimeout: PATIENCE,
      defaultViewport: null,
      args: name === "firefox" ? [] : CHROMIUM_ARGUMENTS,
      ...(name === "firefox" ? { extraPrefsFirefox: { ...FIREFOX_PREFERENCES, "javascript.enabled": scripts } } : {}),
    });
  } catch (error) {
    await rm(profile, { recursive: true, force: true });
    throw error;
  }
  return {
    name,
    newPage: async (width = 1280, height = 900) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      await page.setViewport({ width, height });
      if (!scripts && name === "chromium") await page.setJavaScriptEnabled(false);
      return page;
    },
    close: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--force-color-profile=srgb",
  `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
];

const FIREFOX_PREFERENCES = {
  "app.update.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "network.dns.localDomains": PLAIN_HOST,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.prefetch-next": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.enabled": false,
};
