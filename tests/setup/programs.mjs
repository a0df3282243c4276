/**
 * The programs the tests drive that npm does not bring: where each is looked for, and which Debian package has it.
 * Plain JavaScript without dependencies: it runs before anything is checked, on whatever Node the machine has.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * @typedef {object} Program
 * @property {string} name what it is called in messages
 * @property {string} why what the tests do with it
 * @property {string} debian package that brings it
 * @property {string[]} anyOf commands (looked up on PATH) or absolute paths, one of which must be there
 */

/** @type {readonly Program[]} */
export const PROGRAMS = [
  {
    name: "Chromium",
    why: "writes and sends tips",
    debian: "chromium",
    anyOf: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  },
  { name: "Firefox ESR", why: "writes and sends tips in the engine of Tor Browser", debian: "firefox-esr", anyOf: ["firefox-esr"] },
  { name: "Tor", why: "carries tips over a private onion network", debian: "tor", anyOf: ["tor"] },
  { name: "GnuPG", why: "is an independent reader of OpenPGP framing", debian: "gnupg", anyOf: ["gpg"] },
  { name: "GNU tar", why: "is an independent reader of archives and bundles", debian: "tar", anyOf: ["tar"] },
  { name: "qpdf", why: "is an independent reader of the structure of PDF files", debian: "qpdf", anyOf: ["qpdf"] },
  { name: "Poppler", why: "shows what is seen of a PDF file, and reads what can be read", debian: "poppler-utils", anyOf: ["pdftoppm"] },
  { name: "ZBar", why: "reads QR codes as a camera would", debian: "zbar-tools", anyOf: ["zbarimg"] },
  { name: "debootstrap", why: "makes a bare Debian for the review machine's archive", debian: "debootstrap", anyOf: ["debootstrap"] },
  { name: "OpenSSL", why: "is an independent checker of hashes and signatures", debian: "openssl", anyOf: ["openssl"] },
  { name: "unshare", why: "gives a review machine a network or a full disk of its own", debian: "util-linux", anyOf: ["unshare"] },
  { name: "ip", why: "makes a network interface that leads nowhere", debian: "iproute2", anyOf: ["ip"] },
  { name: "Spin", why: "explores the model of a batch's life", debian: "spin", anyOf: ["spin"] },
  { name: "GCC", why: "compiles what Spin makes", debian: "gcc", anyOf: ["gcc"] },
  { name: "C's headers", why: "are what that is compiled with", debian: "libc6-dev", anyOf: ["/usr/include/stdio.h"] },
  { name: "systemd", why: "checks the units of an installation", debian: "systemd", anyOf: ["systemd-analyze"] },
  { name: "nftables", why: "checks the firewall of an installation", debian: "nftables", anyOf: ["nft"] },
  {
    name: "PyYAML",
    why: "is an independent reader of the compose file",
    debian: "python3-yaml",
    anyOf: ["/usr/lib/python3/dist-packages/yaml/__init__.py"],
  },
  { name: "Go", why: "compiles an independent checker of the log", debian: "golang-go", anyOf: ["go"] },
  {
    name: "Go's x/mod",
    why: "is the original implementation of signed notes and tiles",
    debian: "golang-golang-x-mod-dev",
    anyOf: ["/usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go"],
  },
];

/** Folders a shell's PATH may lack although Debian puts programs there. */
const ALSO = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** @param {string} path */
function isThere(path, mode = constants.R_OK) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where `command` is, or null.
 * @param {string} command a name, or an absolute path that only has to be readable
 * @returns {string | null}
 */
export function find(command) {
  if (command.startsWith("/")) return isThere(command) ? command : null;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""), ...ALSO];
  for (const folder of folders) if (isThere(join(folder, command), constants.X_OK)) return join(folder, command);
  return null;
}

/** The programs that are not on this machine. */
export function missingPrograms() {
  return PROGRAMS.filter((program) => program.anyOf.every((command) => find(command) === null));
}
