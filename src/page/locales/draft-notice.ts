/** What a page says on top while nobody who speaks its language has checked it. Apart from the other text, because it is about that text. */
import type { InterfaceLanguage } from "../compose/questions.ts";

export const DRAFT_NOTICE: Readonly<Partial<Record<InterfaceLanguage, string>>> & { readonly en: string } = {
  en: "No person who speaks this language has checked this translation yet. The original is in English:",
  "zh-Hans": "这份译文还没有由懂这种语言的人核对过。原文是英文。",
  "zh-Hant": "這份譯文還沒有由懂這種語言的人核對過。原文是英文。",
  ko: "이 번역은 이 언어를 아는 사람이 아직 확인하지 않았습니다. 원문은 영어입니다.",
};
