/** Faults in JPEGs that every viewer passes over, because the picture is whole: taken out, so that none hides behind them. */
import { beginsFrame, isProgressive } from "./header.js";

/** Codes of markers, the byte after `ff`. */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const [APP0, APP14] = [0xe0, 0xee];

/** Stray bytes after the data of a scan, at most; more are no slip of a camera's but data that something overwrote. */
const STRAY = 64;
/** Scans that are looked at one by one, at most. Usual are ten. */
const SCANS = 64;

const END = Uint8Array.of(0xff, EOI);

/** A picture's components, and which of their coefficients have been sent to the last bit. */
interface Frame {
  readonly isProgressive: boolean;
  /** By component: of each coefficient, how many bits are yet to come. */
  readonly missing: Map<number, Uint8Array>;
}

/** What a walk through a file gathers, mended. */
interface Walk {
  /** One for each scan, up to the end of its data. */
  readonly scans: Uint8Array[];
  /** Since the last of them. */
  parts: Uint8Array[];
  /** Adobe's note on the colours. */
  adobe?: Uint8Array;
  frame?: Frame;
}

/** A mended file in pieces: up to the end of each scan's data, and what is behind the last. */
export type MendedJpeg = readonly Uint8Array[];

/**
 * The same picture without harmless faults: stray bytes before a marker, an unknown revision of JFIF, an unknown colour
 * transform of Adobe's, a spectral selection that sequential pictures do not have, no end marker although every scan is there.
 * No byte of the picture itself is touched: whether its data is whole, decoding shows.
 *
 * @returns `undefined` for a file that is not made as a JPEG is, or ends before its scans do
 */
export function mendJpeg(bytes: Uint8Array): MendedJpeg | undefined {
  const walk: Walk = { scans: [], parts: [bytes.subarray(0, 2)] };
  for (let at = 2; ; ) {
    const mark = nextMarker(bytes, at);
    if (mark === undefined) return isComplete(walk, bytes) ? [...walk.scans, END] : undefined;
    const marker = bytes[mark + 1] as number;
    if (marker === EOI) return [...walk.scans, Buffer.concat([...walk.parts, bytes.subarray(mark)])];
    const end = mark + 2 + (((bytes[mark + 2] ?? 0) << 8) | (bytes[mark + 3] ?? 0));
    if (marker === SOI || end < mark + 4 || end > bytes.length) return undefined;
    const segment = bytes.slice(mark, end);
    mendSegment(marker, segment, walk);
    walk.parts.push(segment);
    at = marker === SOS ? endOfData(bytes, end) : end;
    if (marker !== SOS) continue;
    walk.scans.push(Buffer.concat([...walk.parts, bytes.subarray(end, at)]));
    walk.parts = [];
  }
}

/**
 * The picture without stray bytes behind the data of its scans, which only decoding tells from data.
 *
 * @param decode strictly; how many bytes are stray is read from what it throws
 * @returns `undefined` when something else is wrong
 */
export async function decodeScanByScan<T>(
  file: MendedJpeg,
  decode: (bytes: Uint8Array) => Promise<T>,
): Promise<T | undefined> {
  if (file.length > SCANS) return undefined;
  const sound: Uint8Array[] = [];
  for (const scan of file.slice(0, -1)) {
    // Ending here, all that a decoder warns of is in this scan.
    const stray = await decode(Buffer.concat([...sound, scan, END])).then(() => 0, strayBytes);
    if (stray === undefined || stray > STRAY) return undefined;
    sound.push(scan.subarray(0, scan.length - stray));
  }
  return decode(Buffer.concat([...sound, file.at(-1) as Uint8Array])).catch(() => undefined);
}

/** Stray bytes before the end, as a decoder's message has them; `undefined` when it says something else. */
export function strayBytes(error: unknown, before = "d9"): number | undefined {
  const [, count, marker] = /(\d+) extraneous bytes before marker 0x([0-9a-f]{2})/.exec(String(error)) ?? [];
  return marker?.match(before) ? Number(count) : undefined;
}

/** Where the next marker's last `ff` is; bytes before it are stray. */
function nextMarker(bytes: Uint8Array, from: number): number | undefined {
  let at = bytes.indexOf(0xff, from);
  while (at !== -1 && (bytes[at + 1] === 0xff || bytes[at + 1] === 0)) at = bytes.indexOf(0xff, at + 1);
  return at === -1 || at + 1 >= bytes.length ? undefined : at;
}

/** Where the data of a scan ends: restart markers and stuffed zeros are part of it. */
function endOfData(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? EOI;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}

/** Changes what decoders warn of and then pass over, to what they take it for. */
function mendSegment(marker: number, segment: Uint8Array, walk: Walk): void {
  const text = Buffer.from(segment.buffer, segment.byteOffset + 4, Math.min(5, segment.length - 4)).toString("latin1");
  if (marker === APP0 && text === "JFIF\0" && segment.length > 9) segment[9] = 1;
  if (marker === APP14 && text === "Adobe" && segment.length > 15) walk.adobe = segment;
  if (beginsFrame(marker)) walk.frame = readFrame(marker, segment);
  if (marker === SOS) mendScan(segment, walk);
}

function readFrame(marker: number, segment: Uint8Array): Frame {
  const count = segment[9] ?? 0;
  const ids = Array.from({ length: count }, (_, index) => segment[10 + 3 * index] ?? -1);
  return {
    isProgressive: isProgressive(marker),
    missing: new Map(ids.map((id) => [id, new Uint8Array(64).fill(0xff)])),
  };
}

/** Sequential scans hold all coefficients, whatever they say; of progressive ones it is noted which they bring. */
function mendScan(segment: Uint8Array, { frame, adobe }: Walk): void {
  const count = segment[4] ?? 0;
  const rest = 5 + 2 * count;
  if (!frame || segment.length < rest + 3) return;
  // Three channels are RGB (0) or YCbCr, four CMYK (0) or YCCK.
  if (adobe?.[15]) adobe[15] = frame.missing.size === 4 ? 2 : 1;
  if (!frame.isProgressive) segment.set([0, 63, 0], rest);
  const [first = 0, last = 0, bits = 0] = segment.subarray(rest);
  for (let index = 0; index < count; index++) {
    frame.missing.get(segment[5 + 2 * index] ?? -1)?.fill(bits & 0xf, first, last + 1);
  }
}

/**
 * Whether every scan has begun. What is missing of the last one, decoding shows; but for zeros, with which systems fill a file
 * that they could not write to its end: those may pass for data, which itself ends in ones.
 */
function isComplete({ frame }: Walk, bytes: Uint8Array): boolean {
  if (bytes.at(-1) === 0 && bytes.at(-2) === 0) return false;
  return frame !== undefined && [...frame.missing.values()].every((bits) => bits.every((one) => one === 0));
}
