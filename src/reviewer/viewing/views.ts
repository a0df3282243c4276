/** The few ways a file is looked at. `none`: only its facts are shown. */
export type FileView = "picture" | "document" | "text" | "sound" | "film" | "none";
