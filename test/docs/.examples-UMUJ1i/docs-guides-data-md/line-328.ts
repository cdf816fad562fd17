import { birdParts } from "../../../../plugins/index.js";

const { label, parts } = birdParts("test", 17); // the position that batch.indices names
console.log(label, parts.beak.left * 128, parts.beak.top * 128); // in pixels of a picture drawn at 128