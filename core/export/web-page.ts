/** The page that `--to web` writes. */

const style = `
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem; background: Canvas; color: CanvasText; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
#drop { display: block; border: 2px dashed #8886; border-radius: .75rem; padding: 2rem 1rem; text-align: center; cursor: pointer; }
#drop.over { border-color: #b45309; }
#file { position: absolute; opacity: 0; }
#file:focus-visible + #drop { outline: 3px solid #b45309; }
button { font: inherit; padding: .5rem 1rem; margin-top: 1rem; border: 1px solid #8886; border-radius: .5rem; background: transparent; color: inherit; }
video { display: block; width: 100%; max-height: 60vh; margin-top: 1rem; border-radius: .75rem; }
video[hidden] { display: none; }
#answer { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; margin-top: 1.5rem; }
#answer[hidden] { display: none; }
@media (max-width: 40rem) { #answer { grid-template-columns: minmax(0, 1fr); } }
figure { position: relative; margin: 0; aspect-ratio: 1; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; border-radius: .75rem; }
#guesses { list-style: none; margin: 0; padding: 0; }
#instead { grid-column: 1 / -1; margin: 0; font-size: 1.2rem; overflow-wrap: anywhere; }
#instead:not([hidden]) ~ #guesses { opacity: .7; }
#guesses li { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; margin-bottom: .75rem; overflow-wrap: anywhere; }
meter { grid-column: 1 / -1; width: 100%; height: 1rem; }
footer { margin-top: 2rem; font-size: .85rem; opacity: .8; overflow-wrap: anywhere; }
`;

/**
 * Nothing is asked of any other server: the browser itself refuses it. TensorFlow.js compiles WebAssembly, and makes
 * functions of texts of its own: what the two words with `eval` allow; it does not start without.
 */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'; style-src 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:";

/** @param words under the answer: what the model is, and its license */
export function webPage(title: string, words: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}</style>
<body>
<h1>${escaped(title)}</h1>
<input id="file" type="file" accept="image/*">
<label id="drop" for="file">Drop a photograph here, paste one, or choose one</label>
<button id="camera" type="button">Use the camera</button>
<video id="video" autoplay playsinline muted hidden></video>
<p id="status" role="status">The model is being loaded …</p>
<section id="answer" aria-live="polite" hidden>
<p id="instead" hidden></p>
<figure><canvas id="seen"></canvas><canvas id="map"></canvas></figure>
<ol id="guesses"></ol>
</section>
<footer>${escaped(words)} Pictures stay on this device.</footer>
<script src="tf.min.js"></script>
<script src="tf-backend-wasm.min.js"></script>
<script src="page.js"></script>
`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
