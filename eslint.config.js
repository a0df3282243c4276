/**
 * What the compiler cannot say: strict type-aware rules everywhere, and the bans that keep each machine's code on its machine.
 * `tests/guards.test.ts` plants a file against each ban and sees it refused; `tests/architecture.test.ts` holds the arrows between folders.
 */
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** Type information for `files` comes from the compiler settings of the machine they run on. */
const compiledBy = (tsconfig, files) => ({
  files,
  languageOptions: { parserOptions: { project: [tsconfig], tsconfigRootDir: import.meta.dirname } },
});

const NO_DEFAULT_EXPORT = { selector: "ExportDefaultDeclaration", message: "Name what you export." };

/** Bans on syntax replace each other between configuration blocks, so each block names its whole list. */
const SERVER_SYNTAX = [
  NO_DEFAULT_EXPORT,
  {
    selector: "CallExpression[callee.property.name=/^(trace|debug|info|warn|error|fatal)$/] Identifier[name=/^(request|req|socket)$/]",
    message: "A request never goes to a logger: it is a witness's.",
  },
  {
    selector: "MemberExpression[property.name=/^(remoteAddress|remotePort|rawHeaders|ips)$/]",
    message: "The server does not look at where a request comes from.",
  },
  {
    selector: "MemberExpression[object.name=/^(request|req)$/][property.name='ip']",
    message: "The server does not look at where a request comes from.",
  },
];

const PAGE_SYNTAX = [
  NO_DEFAULT_EXPORT,
  {
    selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|srcdoc|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment)$/]",
    message: "Text becomes nodes, never markup.",
  },
  {
    selector: "MemberExpression[object.name='document'][property.name=/^(write|writeln|cookie|domain)$/]",
    message: "The page leaves no trace and writes no markup.",
  },
  {
    selector: "MemberExpression[property.name=/^(localStorage|sessionStorage|indexedDB|sendBeacon|serviceWorker)$/]",
    message: "The page keeps nothing and sends only tips.",
  },
];

const PAGE_GLOBALS = [
  "localStorage",
  "sessionStorage",
  "indexedDB",
  "caches",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "RTCPeerConnection",
  "eval",
];

const PROTOCOL_GLOBALS = [
  ...["Date", "performance", "setTimeout", "setInterval"].map((name) => ({
    name,
    message: "Protocol code knows no clock; take `now` as a parameter.",
  })),
  ...["atob", "btoa", "BigInt", "escape", "unescape", "TextDecoder"].map((name) => ({
    name,
    message: "Only encoding.ts turns text into bytes and back.",
  })),
  ...["fetch", "process", "Buffer", "document", "window", "navigator", "console"].map((name) => ({
    name,
    message: "Protocol code runs on every machine.",
  })),
];

const RANDOM = [{ object: "Math", property: "random", message: "Use randomBytes or randomBelow of crypto/random.ts." }];
const SECURE_RANDOM = ["getRandomValues", "randomUUID"].map((property) => ({
  object: "crypto",
  property,
  message: "Only crypto/random.ts asks for randomness.",
}));

export default defineConfig(
  globalIgnores(["dist/", "data/", "coverage/", "**/node_modules/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  tseslint.configs.strictTypeChecked,
  {
    rules: {
      eqeqeq: "error",
      "no-restricted-properties": ["error", ...RANDOM],
      "no-restricted-syntax": ["error", NO_DEFAULT_EXPORT],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  compiledBy("./tsconfig.json", ["src/{server,reviewer,auditor,voucher,build,demo}/**/*.ts"]),
  compiledBy("./src/protocol/tsconfig.json", ["src/protocol/**/*.ts"]),
  compiledBy("./src/page/tsconfig.json", ["src/page/**/*.ts"]),
  compiledBy("./src/reviewer/window/page/tsconfig.json", ["src/reviewer/window/page/**/*.ts"]),
  compiledBy("./tests/tsconfig.json", ["tests/**/*.ts"]),
  {
    files: ["src/**/*.ts"],
    ignores: ["src/*/main.ts", "src/{demo,build}/**"],
    rules: { "no-console": "error" },
  },
  {
    files: ["src/protocol/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", ...PROTOCOL_GLOBALS],
      "no-restricted-properties": ["error", ...RANDOM, ...SECURE_RANDOM],
    },
  },
  {
    files: ["src/protocol/encoding.ts"],
    rules: { "no-restricted-globals": ["error", ...PROTOCOL_GLOBALS.filter(({ name }) => name !== "TextDecoder")] },
  },
  { files: ["src/protocol/crypto/random.ts"], rules: { "no-restricted-properties": ["error", ...RANDOM] } },
  {
    files: ["src/protocol/**/*.d.ts"],
    rules: { "@typescript-eslint/no-unused-vars": "off", "@typescript-eslint/no-unnecessary-type-parameters": "off" },
  },
  { files: ["src/server/**/*.ts"], rules: { "no-restricted-syntax": ["error", ...SERVER_SYNTAX] } },
  {
    files: ["src/page/**/*.ts", "src/reviewer/window/page/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", ...PAGE_GLOBALS.map((name) => ({ name, message: "The page keeps nothing and sends only tips." }))],
      "no-restricted-syntax": ["error", ...PAGE_SYNTAX],
    },
  },
  { files: ["tests/**/*.ts"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
  { files: ["tests/{,mutation/}vitest.config.ts"], rules: { "no-restricted-syntax": "off" } },
  { files: ["**/*.{js,mjs}"], extends: [tseslint.configs.disableTypeChecked], rules: { "no-restricted-syntax": "off" } },
);
