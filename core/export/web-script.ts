/** The script of the page that `--to web` writes: JavaScript of browsers, as text, with nothing loaded from elsewhere. */

/**
 * It prepares pictures as fgkd does (antialiased bilinear resizing, the middle square), asks the model, and shows the likeliest classes, what a
 * calibrated model says instead of the first (a group of classes, or that it does not know), and, where the model has maps, which parts of the picture
 * speak for the first. Before it takes a picture it asks the model about one that it knows the answer of.
 */
export const webScript = `"use strict";
const byId = (id) => document.getElementById(id);
const status = (text) => { byId("status").textContent = text; };
let model, about;

/** Weights of the pixels in each new pixel: a triangle, widened where the picture becomes smaller. */
function filters(from, to) {
  const scale = from / to, wider = Math.max(scale, 1);
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - wider + 0.5)), last = Math.min(from, Math.trunc(centre + wider + 0.5));
    const weights = Array.from({ length: last - first }, (_, i) => Math.max(0, 1 - Math.abs((first + i + 0.5 - centre) / wider)));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Red, green, blue in whole numbers, as a decoder gives them. */
function resized({ data, width, height }, toWidth, toHeight) {
  const across = filters(width, toWidth), down = filters(height, toHeight);
  const rows = new Float32Array(toWidth * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < toWidth; x++) for (let c = 0; c < 3; c++) {
    const { first, weights } = across[x];
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] * data[(y * width + first + i) * 4 + c];
    rows[(y * toWidth + x) * 3 + c] = Math.round(sum);
  }
  const result = new Float32Array(toWidth * toHeight * 3);
  for (let y = 0; y < toHeight; y++) for (let x = 0; x < toWidth; x++) for (let c = 0; c < 3; c++) {
    const { first, weights } = down[y];
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] * rows[((first + i) * toWidth + x) * 3 + c];
    result[(y * toWidth + x) * 3 + c] = Math.round(sum);
  }
  return result;
}

/** The square that the model sees, [size, size, 3] in [0, 1]. */
function prepared(picture) {
  const { size, resize, fit } = about.preprocessing;
  const shorter = Math.min(picture.width, picture.height);
  const side = (length) => (fit === "warp" || length === shorter ? resize : Math.trunc((resize * length) / shorter));
  const [width, height] = [side(picture.width), side(picture.height)];
  const pixels = resized(picture, width, height);
  // Halves become even.
  const middle = (room) => (room % 4 === 3 ? (room + 1) / 2 : Math.floor(room / 2));
  const [left, top] = [middle(width - size), middle(height - size)];
  const square = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++) for (let i = 0; i < size * 3; i++)
    square[y * size * 3 + i] = pixels[((top + y) * width + left) * 3 + i] / 255;
  return square;
}

async function ask(square) {
  const { size } = about.preprocessing;
  const images = tf.tensor4d(square, [1, size, size, 3]);
  const names = about.hasMaps ? ["logits", "maps"] : ["logits"];
  const answers = [model.execute(images, names)].flat();
  const [logits, maps] = await Promise.all(answers.map((answer) => answer.data()));
  const shape = answers[1] && answers[1].shape;
  tf.dispose([images, answers]);
  return { logits, maps, shape };
}

function shares(logits) {
  const most = Math.max(...logits), { temperature } = about.calibration || { temperature: 1 };
  const raised = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((value) => value / sum);
}

const percent = (share) => (100 * share).toFixed(1) + " %";

/** What is answered where the first class is not likely enough; nothing where it is. */
function instead(probabilities, best) {
  const { thresholds, ranks } = about.calibration || { thresholds: probabilities.map(() => 0), ranks: [] };
  const isEnough = (share, threshold) => threshold !== null && share >= threshold;
  if (isEnough(probabilities[best], thresholds[best])) return "";
  for (const { rank, groups, threshold } of ranks) {
    const sums = new Map();
    probabilities.forEach((share, label) => sums.set(groups[label], (sums.get(groups[label]) || 0) + share));
    const [group, sum] = [...sums].reduce((most, one) => (one[1] > most[1] ? one : most));
    if (isEnough(sum, threshold)) return group + " (" + rank + ") " + percent(sum);
  }
  return "unknown";
}

function showPicture(square, { maps, shape }, label) {
  const { size } = about.preprocessing;
  const canvas = byId("seen"), context = canvas.getContext("2d");
  canvas.width = canvas.height = size;
  const image = context.createImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(255 * square[3 * i + c]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  byId("map").hidden = !maps;
  if (!maps) return;
  const [, height, width, classes] = shape;
  const values = Array.from({ length: height * width }, (_, place) => maps[place * classes + label]);
  const low = Math.min(...values), high = Math.max(...values);
  const small = new OffscreenCanvas(width, height), paint = small.getContext("2d"), heat = paint.createImageData(width, height);
  values.forEach((value, place) => {
    const share = (value - low) / (high - low || 1);
    heat.data.set([255, Math.round(220 * (1 - share)), 0, Math.round(170 * share)], 4 * place);
  });
  paint.putImageData(heat, 0, 0);
  const overlay = byId("map"), over = overlay.getContext("2d");
  overlay.width = overlay.height = size;
  over.imageSmoothingQuality = "high";
  over.clearRect(0, 0, size, size);
  over.drawImage(small, 0, 0, size, size);
}

function showGuesses(probabilities, order) {
  const words = instead(probabilities, order[0]);
  byId("instead").hidden = !words;
  byId("instead").textContent = words;
  byId("guesses").replaceChildren(...order.slice(0, 5).map((label) => {
    const [item, name, share, bar] = ["li", "span", "span", "meter"].map((tag) => document.createElement(tag));
    name.textContent = about.classes[label];
    share.textContent = percent(probabilities[label]);
    bar.value = probabilities[label];
    bar.setAttribute("aria-label", about.classes[label]);
    item.dataset.probability = probabilities[label];
    item.append(name, share, bar);
    return item;
  }));
}

async function classify(blob) {
  try {
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, bitmap.width, bitmap.height);
    context.drawImage(bitmap, 0, 0);
    const square = prepared(context.getImageData(0, 0, bitmap.width, bitmap.height));
    const answer = await ask(square);
    const order = [...answer.logits.keys()].sort((a, b) => answer.logits[b] - answer.logits[a] || a - b);
    showPicture(square, answer, order[0]);
    showGuesses(shares(answer.logits), order);
    byId("answer").hidden = false;
    status("");
  } catch (problem) {
    status("This picture cannot be read: " + problem.message);
  }
}

/** Whether the model answers here as it did where it was exported. */
async function isRight() {
  const { size } = about.preprocessing;
  const square = Float32Array.from({ length: size * size * 3 }, (_, index) => ((index * 7919) % 1009) / 1009);
  const { logits } = await ask(square);
  const scale = Math.max(...about.known.map(Math.abs));
  return about.known.every((logit, label) => Math.abs(logit - logits[label]) <= about.tolerance * scale);
}

async function start() {
  tf.wasm.setWasmPaths(new URL("./", location.href).href);
  about = await (await fetch("about.json")).json();
  for (const backend of ["wasm", "webgl", "cpu"]) {
    try {
      if (!(await tf.setBackend(backend))) continue;
      model = await tf.loadGraphModel("model/model.json");
      if (await isRight()) {
        document.body.dataset.ready = backend;
        return status("");
      }
    } catch (problem) {
      console.warn(backend, problem);
    }
  }
  status("The model does not run in this browser.");
}

const pick = byId("file"), drop = byId("drop");
pick.addEventListener("change", () => pick.files[0] && classify(pick.files[0]));
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => {
  event.preventDefault();
  drop.classList.toggle("over", name === "dragover");
  if (name === "drop" && event.dataTransfer.files[0]) classify(event.dataTransfer.files[0]);
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("paste", ({ clipboardData }) => clipboardData.files[0] && classify(clipboardData.files[0]));

const video = byId("video");
byId("camera").hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
byId("camera").addEventListener("click", async () => {
  try {
    if (!video.srcObject) {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.hidden = false;
      byId("camera").textContent = "Take the picture";
      return;
    }
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    for (const track of video.srcObject.getTracks()) track.stop();
    video.srcObject = null;
    video.hidden = true;
    byId("camera").textContent = "Use the camera";
    await classify(await canvas.convertToBlob());
  } catch (problem) {
    status("The camera cannot be used: " + problem.message);
  }
});
start().catch((problem) => status("The model cannot be loaded: " + problem.message));
`;
