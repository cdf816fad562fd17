/** Pictures for people. */
export { drawGrid, type Grid, type GridCell } from "./grid.js";
export { heatMapOver } from "./heat-map.js";
export { encodePng, type Picture } from "./png.js";
