/**
 * Real browsers for tests: Debian's Chromium and Firefox ESR, headless, in a profile of their own that is removed afterwards, and quiet: they talk to nobody but
 * the test's server.
 */
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
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
  /** Process that started all others of the browser. */
  readonly pid: number;
  /** A new page, `width` by `height` CSS pixels; with null as large as the window is. */
  newPage(width?: number | null, height?: number): Promise<Page>;
  close(): Promise<void>;
}

/** What is different about a browser. */
export interface BrowserOptions {
  /** Firefox's preferences on top of the quiet ones. */
  readonly preferences?: Readonly<Record<string, string | number | boolean>>;
  /** An empty folder for everything the browser writes: profile, home and temporary files. It stays when the browser closes, and is the caller's. */
  readonly folder?: string;
  /** Without scripts pages run none, as at Tor Browser's level *Safest*; true unless told otherwise. */
  readonly scripts?: boolean;
}

/** Starts a browser. */
export async function openBrowser(
  name: BrowserName,
  { preferences = {}, folder, scripts = true }: BrowserOptions = {},
): Promise<TestBrowser> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), `fh-${name}-`)));
  const [profile, home, temporary] = ["profile", "home", "tmp"].map((part) => join(place, part)) as [string, string, string];
  for (const part of [profile, home, temporary]) await mkdir(part);
  const remove = async (): Promise<void> => {
    if (folder === undefined) await rm(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  let browser: Browser;
  try {
    browser = await launch({
      browser: name === "firefox" ? "firefox" : "chrome",
      executablePath: findProgram(name),
      userDataDir: profile,
      env: {
        ...process.env,
        HOME: home,
        TMPDIR: temporary,
        XDG_CACHE_HOME: undefined,
        XDG_CONFIG_HOME: undefined,
        XDG_DATA_HOME: undefined,
      },
      headless: true,
      timeout: PATIENCE,
      protocolTimeout: PATIENCE,
      defaultViewport: null,
      args: name === "firefox" ? [] : CHROMIUM_ARGUMENTS,
      ...(name === "firefox" ? { extraPrefsFirefox: { ...FIREFOX_PREFERENCES, "javascript.enabled": scripts, ...preferences } } : {}),
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    name,
    pid: browser.process()?.pid ?? 0,
    newPage: async (width = 1280, height = 900) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      if (width !== null) await page.setViewport({ width, height });
      if (!scripts && name === "chromium") await page.setJavaScriptEnabled(false);
      return page;
    },
    close: async () => {
      const process = browser.process();
      const ended = process === null || process.exitCode !== null || process.signalCode !== null ? null : once(process, "exit");
      await browser.close();
      // The driver is content when the browser has answered; what the browser writes last comes after that.
      await ended;
      await remove();
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
