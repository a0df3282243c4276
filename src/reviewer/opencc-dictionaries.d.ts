/** The package's dictionaries come without types: pairs `from to`, joined by `|`. */
declare module "opencc-js/dict/*" {
  const pairs: string;
  export { pairs as default };
}
