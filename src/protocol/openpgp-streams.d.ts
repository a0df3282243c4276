/**
 * The types of `openpgp` mention two stream types of a package that is not installed and would drag the DOM library into every program. Streams of that
 * library are not used here, so both are `never`.
 */
declare module "@openpgp/web-stream-tools" {
  export type WebStream<_T> = never;
  export type NodeWebStream<_T> = never;
}
