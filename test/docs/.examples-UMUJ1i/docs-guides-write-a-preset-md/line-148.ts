import { configurePreset } from "../../../../core/index.js";
import { restarts } from "./restarts.js";

const layers = [{ origin: "mine", config: { options: { restarts: { times: 2 } } } }];
console.log(Object.keys(configurePreset(restarts, layers).stages));