/** What kind of file this is, judged by its name and type alone: for what can be said of files that cannot be looked into. */

/** Kinds of files that differ in what they carry unseen. */
export const FILE_KINDS = ["image", "pdf", "document", "media", "archive", "other"] as const;
export type FileKind = (typeof FILE_KINDS)[number];

const BY_ENDING: Readonly<Record<string, FileKind>> = {
  jpg: "image",
  jpeg: "image",
  png: "image",
  heic: "image",
  heif: "image",
  webp: "image",
  tif: "image",
  tiff: "image",
  gif: "image",
  bmp: "image",
  pdf: "pdf",
  doc: "document",
  docx: "document",
  xls: "document",
  xlsx: "document",
  ppt: "document",
  pptx: "document",
  odt: "document",
  ods: "document",
  odp: "document",
  rtf: "document",
  wps: "document",
  mp3: "media",
  m4a: "media",
  amr: "media",
  wav: "media",
  ogg: "media",
  mp4: "media",
  mov: "media",
  avi: "media",
  mkv: "media",
  zip: "archive",
  rar: "archive",
  "7z": "archive",
  tar: "archive",
  gz: "archive",
};

/** The kind of a file, by the end of its name, else by its type; `other` if neither says. */
export function kindOf(name: string, type: string): FileKind {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? "";
  const known = Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined;
  if (known !== undefined) return known;
  if (type.startsWith("image/")) return "image";
  if (type.startsWith("audio/") || type.startsWith("video/")) return "media";
  return type === "application/pdf" ? "pdf" : "other";
}
