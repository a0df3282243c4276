/** Texts of backups' lists of files, which a restore believes only once the log's key signed them. */
import { formatBackup, parseBackup } from "../../../src/protocol/format/backup.ts";
import { formatOfText } from "../engine/format.ts";

const backup = { origin: "tips.test/log", date: "2026-11-24", size: 130, schema: 10 };
const sha256 = "0c".repeat(32);

export const target = formatOfText(
  parseBackup,
  formatBackup,
  () => [
    formatBackup({ ...backup, files: [] }),
    formatBackup({
      ...backup,
      files: [
        { path: "files/checkpoint.last", size: 120, sha256 },
        { path: "tables/leaf/00000001", size: 8_388_608, sha256 },
      ],
    }),
  ],
  1000,
);
