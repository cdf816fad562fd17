import { comparePaired, wilsonInterval } from "../../../../core/index.js";

const percent = (bounds: readonly number[]) => bounds.map((bound) => bound.toFixed(1)).join(" to ");
console.log("8 of 10 right:", percent(wilsonInterval(8, 10)));

const labels = [0, 0, 1, 1, 2, 2];
const { difference, onlyFirst, onlySecond, p } = comparePaired({
  labels,
  first: [0, 1, 0, 1, 0, 0],
  second: [0, 0, 1, 1, 2, 0],
});
console.log(`+${difference.toFixed(0)} points, ${onlySecond} : ${onlyFirst}, p ${p.toFixed(2)}`);