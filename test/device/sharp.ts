/** In the place of the package sharp, which a bare machine has not: nothing that is measured there reads pictures. */
// biome-ignore lint/style/noDefaultExport: the package has one
export default function sharp(): never {
  throw new Error("the packed program reads no pictures");
}
