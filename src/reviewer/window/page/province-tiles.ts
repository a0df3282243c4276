/**
 * A map of squares: one for each of the 34 units of ISO 3166-2:CN, placed so that neighbours are near each other. No outlines, no borders, no scale: it shows in which unit something is said to have happened
 * and claims nothing else. Column and row count from 0.
 */

/** Code without `CN-`, column, row, name as it is written there. */
export const TILES: readonly (readonly [code: string, column: number, row: number, name: string])[] = [
  ["HL", 8, 0, "黑龙江"],
  ["NM", 5, 1, "内蒙古"],
  ["LN", 7, 1, "辽宁"],
  ["JL", 8, 1, "吉林"],
  ["XJ", 1, 2, "新疆"],
  ["GS", 3, 2, "甘肃"],
  ["NX", 4, 2, "宁夏"],
  ["SX", 5, 2, "山西"],
  ["HE", 6, 2, "河北"],
  ["BJ", 7, 2, "北京"],
  ["TJ", 8, 2, "天津"],
  ["XZ", 1, 3, "西藏"],
  ["QH", 2, 3, "青海"],
  ["SN", 4, 3, "陕西"],
  ["HA", 5, 3, "河南"],
  ["SD", 6, 3, "山东"],
  ["SC", 3, 4, "四川"],
  ["CQ", 4, 4, "重庆"],
  ["HB", 5, 4, "湖北"],
  ["AH", 6, 4, "安徽"],
  ["JS", 7, 4, "江苏"],
  ["GZ", 4, 5, "贵州"],
  ["HN", 5, 5, "湖南"],
  ["JX", 6, 5, "江西"],
  ["ZJ", 7, 5, "浙江"],
  ["SH", 8, 5, "上海"],
  ["YN", 3, 6, "云南"],
  ["GX", 4, 6, "广西"],
  ["GD", 5, 6, "广东"],
  ["FJ", 6, 6, "福建"],
  ["TW", 8, 6, "台湾"],
  ["HI", 4, 7, "海南"],
  ["MO", 5, 7, "澳门"],
  ["HK", 6, 7, "香港"],
];
