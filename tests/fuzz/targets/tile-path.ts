/** Paths of tiles (C2SP tlog-tiles). */
import { parseTilePath, tilePath } from "../../../src/protocol/format/tile.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseTilePath,
  ({ level, index, width }) => tilePath(level, index, width),
  () => [tilePath("entries", 0, 3), tilePath(0, 255), tilePath(2, 1_234_067, 17), tilePath("entries", 999_999_999)],
  80,
);
