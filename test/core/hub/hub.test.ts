import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { isReference, parseReference, referenceText } from "../../../core/hub/reference.js";
import { hubSettings } from "../../../core/hub/settings.js";
import { commit, type Interference, startHub } from "../../support/local-hub.js";

const weights = Buffer.alloc(300_000, "weights of a network ");
const model = {
  "model.safetensors": weights,
  "pytorch_model.bin": "pickled",
  "config.json": '{"architecture":"resnet18"}',
};
const files = { "timm/resnet18.tv_in1k": model, "old/model": { "pytorch_model.bin": "pickled" } };
const reference = "hf://timm/resnet18.tv_in1k";

const gets = (heard: readonly { readonly method: string; readonly path: string }[]) =>
  heard.filter(({ method }) => method === "GET").map(({ path }) => path.split("/").at(-1));

/** Sends the first half of what is large, and hangs up once that is in the cache: what is on its way then may be lost. */
const cutting =
  (cache: string): Interference =>
  (request, response, body) => {
    if (request.method !== "GET" || !body || body.length < 1000) return false;
    const half = body.subarray(0, body.length / 2);
    const isStored = () =>
      readdirSync(cache, { recursive: true, encoding: "utf8" }).some(
        (file) => file.endsWith(".part") && statSync(join(cache, file)).size === half.length,
      );
    const hangUp = () => (isStored() ? request.socket.end() : setTimeout(hangUp, 5));
    response.writeHead(200, { "content-length": body.length });
    response.write(half, hangUp);
    return true;
  };

/** How often a status is answered before all goes well. */
const answering = (status: number, times: number, headers = {}): Interference => {
  let left = times;
  return (_request: IncomingMessage, response: ServerResponse) => {
    if (left-- <= 0) return false;
    response.writeHead(status, headers).end("no");
    return true;
  };
};

describe("a reference to a hub", () => {
  test("names repository, revision and file", () => {
    expect(parseReference("hf://timm/resnet18.tv_in1k@v1/sub/model.safetensors")).toEqual({
      repository: "timm/resnet18.tv_in1k",
      revision: "v1",
      file: "sub/model.safetensors",
    });
    expect(referenceText(parseReference("hf://a/b@refs%2Fpr%2F1"))).toBe("hf://a/b@refs%2Fpr%2F1");
    expect(isReference("https://example.com/model.safetensors")).toBe(false);
  });

  test.each([
    "hf://",
    "hf://timm",
    "hf://timm/",
    "hf://../x",
    "hf://a/b@",
    "hf://a/b@%zz",
    "hf://a/b/../c",
    "hf://a/b//c",
    "hf://a/b\\c",
  ])("%s is refused", (text) => expect(() => parseReference(text)).toThrow("FGKD_PATH"));
});

describe("what the environment says of the hub", () => {
  test("is where the cache lies, the address, and whether anything is asked at all", () => {
    const at = (variables: Record<string, string>) => hubSettings({ HOME: "/home/someone", ...variables });
    expect(at({}).cache).toBe("/home/someone/.cache/fgkd");
    expect(at({ XDG_CACHE_HOME: "/var/cache" }).cache).toBe("/var/cache/fgkd");
    expect(at({ XDG_CACHE_HOME: "/var/cache", FGKD_CACHE: "/big/disk" }).cache).toBe("/big/disk");
    expect(at({}).endpoint).toBe("https://huggingface.co");
    expect(at({ HF_ENDPOINT: "https://mirror.example/" }).endpoint).toBe("https://mirror.example");
    expect(() => at({ HF_ENDPOINT: "mirror.example" })).toThrow("is no address of a hub");
    expect(
      [at({}), at({ FGKD_OFFLINE: "1" }), at({ HF_HUB_OFFLINE: "ON" }), at({ FGKD_OFFLINE: "0" })].map(
        (s) => s.isOffline,
      ),
    ).toEqual([false, true, true, false]);
  });

  test("gives the stored token to the public hub alone", async () => {
    const { variables } = await startHub({ files });
    const home = variables().HOME as string;
    mkdirSync(join(home, ".cache/huggingface"), { recursive: true });
    writeFileSync(join(home, ".cache/huggingface/token"), "stored\n");
    expect(hubSettings({ HOME: home }).token).toBe("stored");
    expect(hubSettings({ HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }).token).toBeUndefined();
    expect(hubSettings(variables()).token).toBeUndefined();
    expect(hubSettings(variables({ HF_TOKEN: " given " })).token).toBe("given");
  });
});

describe("a file of a hub", () => {
  test("is fetched once, with what describes it, and lies in the cache by repository and commit", async () => {
    const { hub, heard, variables } = await startHub({ files });
    const told: number[] = [];
    const found = await hub({}, { onProgress: ({ received }) => told.push(received) }).fetch(reference);
    expect(found).toEqual({
      file: join(variables().FGKD_CACHE as string, "hub/timm/resnet18.tv_in1k", commit, "model.safetensors"),
      commit,
    });
    expect(readFileSync(found.file).equals(weights)).toBe(true);
    expect(readdirSync(dirname(found.file))).toEqual(["config.json", "model.safetensors"]);
    expect(told.at(-1)).toBe(weights.length);
    await hub().fetch(reference);
    expect(gets(heard)).toEqual(["config.json", "model.safetensors"]);
  });

  test("is the pickled one where there is no other", async () => {
    const { hub } = await startHub({ files });
    expect((await hub().fetch("hf://old/model")).file).toMatch(/pytorch_model\.bin$/);
    expect((await hub().fetch(`${reference}/pytorch_model.bin`)).file).toMatch(/pytorch_model\.bin$/);
  });

  test("is looked for elsewhere where the hub says so, and the token stays with the hub", async () => {
    const store = await startHub({ files });
    const { hub, heard } = await startHub({ files, elsewhere: () => store.address });
    expect(readFileSync((await hub({ HF_TOKEN: "secret" }).fetch(reference)).file).equals(weights)).toBe(true);
    expect(new Set(heard.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer secret"]));
    expect(store.heard.map(({ method, authorization }) => [method, authorization])).toEqual([["GET", undefined]]);
  });

  test("goes on after a cut connection from where it was cut", async () => {
    const { hub, heard, interfere, variables } = await startHub({ files });
    const cut = cutting(variables().FGKD_CACHE as string);
    let cuts = 0;
    interfere((...given) => cuts < 1 && cut(...given) && ++cuts > 0);
    const { file } = await hub().fetch(reference);
    expect(readFileSync(file).equals(weights)).toBe(true);
    expect(heard.at(-1)?.range).toBe(`bytes=${weights.length / 2}-`);
  });

  test("goes on in a later process, also after one that was killed", async () => {
    const { hub, heard, interfere, variables } = await startHub({ files });
    const cut = cutting(variables().FGKD_CACHE as string);
    let cuts = 0;
    // The second half breaks off before its first byte, as often as it is asked for.
    interfere((request, response, body) => {
      if (cuts === 0 || !request.headers.range || !body) return cut(request, response, body) && ++cuts > 0;
      const [half, all] = [body.length / 2, body.length];
      response.writeHead(206, { "content-length": half, "content-range": `bytes ${half}-${all - 1}/${all}` });
      response.flushHeaders();
      return !!request.socket.end();
    });
    await expect(hub().fetch(reference)).rejects.toThrow(/FGKD_HUB .*breaks off/);
    const folder = join(variables().FGKD_CACHE as string, "hub/timm/resnet18.tv_in1k", commit);
    expect(readdirSync(folder)).toEqual(["config.json", "model.safetensors.part"]);
    interfere(undefined);
    // As a killed process leaves it: under its own name. No process has the number 2 ** 30.
    const left = `model.safetensors.${encodeURIComponent(hostname())}-${2 ** 30}-0123abcd.part`;
    renameSync(join(folder, "model.safetensors.part"), join(folder, left));
    expect(readFileSync((await hub().fetch(reference)).file).equals(weights)).toBe(true);
    expect(heard.at(-1)?.range).toBe(`bytes=${weights.length / 2}-`);
    expect(readdirSync(folder)).toEqual(["config.json", "model.safetensors"]);
  });

  test("comes whole from a server that knows of no parts", async () => {
    const { hub, interfere, variables } = await startHub({ files });
    const cut = cutting(variables().FGKD_CACHE as string);
    let cuts = 0;
    interfere((request, response, body) => {
      if (cuts < 1 && cut(request, response, body)) return ++cuts > 0;
      if (request.method !== "GET" || !body) return false;
      response.writeHead(200, { "content-length": body.length }).end(body);
      return true;
    });
    expect(readFileSync((await hub().fetch(reference)).file).equals(weights)).toBe(true);
  });

  test("whose part was broken on the disk is fetched anew", async () => {
    const { hub, variables } = await startHub({ files });
    const path = join(variables().FGKD_CACHE as string, "hub/timm/resnet18.tv_in1k", commit, "model.safetensors.part");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "something else");
    expect(readFileSync((await hub().fetch(reference)).file).equals(weights)).toBe(true);
  });

  test("whose bytes are others than the hub says is refused, and thrown away", async () => {
    const { hub, interfere, variables } = await startHub({ files });
    interfere((request, response, body) => {
      if (request.method !== "GET" || !body || body.length < 1000) return false;
      const other = Buffer.from(body);
      other[7] = 0;
      response.writeHead(200, { "content-length": other.length }).end(other);
      return true;
    });
    await expect(hub().fetch(reference)).rejects.toThrow(
      /FGKD_CORRUPT_FILE hf:\/\/timm\/resnet18\.tv_in1k@0123.*checksum/,
    );
    const folder = join(variables().FGKD_CACHE as string, "hub/timm/resnet18.tv_in1k", commit);
    expect(readdirSync(folder)).toEqual(["config.json"]);
  });

  test("that has no end is refused at the size that the hub says", async () => {
    const { hub, interfere } = await startHub({ files });
    interfere((request, response, body) => {
      if (request.method !== "GET" || !body || body.length < 1000) return false;
      response.writeHead(200).end(Buffer.concat([body, body]));
      return true;
    });
    await expect(hub().fetch(reference)).rejects.toThrow(`is longer than ${weights.length} bytes`);
  });

  test("is fetched by two at once, and is whole", async () => {
    const { hub } = await startHub({ files });
    const both = await Promise.all([hub().fetch(reference), hub().fetch(reference)]);
    expect(both.map(({ file }) => readFileSync(file).equals(weights))).toEqual([true, true]);
    expect(readdirSync(dirname(both[0].file))).toEqual(["config.json", "model.safetensors"]);
  });

  test("that finds no room is told as a full disk is", async () => {
    const { hub, variables } = await startHub({ files });
    const path = join(variables().FGKD_CACHE as string, "hub/timm/resnet18.tv_in1k", commit, "model.safetensors.part");
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync("/dev/full", path);
    await expect(hub().fetch(reference)).rejects.toThrow(/FGKD_STORAGE .*the disk is full \(ENOSPC\).*FGKD_CACHE/);
  });
});

describe("what a hub refuses", () => {
  test.each([
    [401, {}, {}, /knows no such public repository \(401\).*set HF_TOKEN/],
    [401, { "x-error-code": "RepoNotFound" }, { HF_TOKEN: "secret" }, /does not accept the token/],
    [401, { "x-error-code": "GatedRepo" }, {}, /agreed to its terms \(401\)/],
    [403, { "x-error-code": "GatedRepo" }, { HF_TOKEN: "secret" }, /Agree to them at http.*timm\/resnet18\.tv_in1k/],
    [404, { "x-error-code": "RepoNotFound" }, {}, /no such repository \(404\).*tag behind its dot/],
    [418, {}, {}, /answers 418/],
  ])("%i %o is told with its remedy, without the token", async (status, headers, variables, words) => {
    const { hub, interfere } = await startHub({ files });
    interfere(answering(status, 99, headers));
    const error = await hub(variables)
      .fetch(reference)
      .catch((found: Error) => found);
    expect(error).toMatchObject({ code: "FGKD_HUB", message: expect.stringMatching(words) });
    expect(String(error)).not.toContain("secret");
  });

  test("a missing tag, a missing revision and a missing file are told apart", async () => {
    const { hub } = await startHub({ files });
    await expect(hub().fetch("hf://timm/resnet18")).rejects.toThrow("as in hf://timm/resnet18.tv_in1k");
    await expect(hub().fetch(`${reference}@v9`)).rejects.toThrow('has no revision "v9"');
    await expect(hub().fetch(`${reference}/other.bin`)).rejects.toThrow("the repository has no other.bin");
  });

  test("429 passes after the pause that it asks for, and is given up after a few", async () => {
    const { hub, interfere, heard } = await startHub({ files });
    interfere(answering(429, 2, { "retry-after": "3600" }));
    expect(existsSync((await hub().fetch(reference)).file)).toBe(true);
    const { length } = heard;
    interfere(answering(429, 99, { "retry-after": "3600" }));
    await expect(hub().fetch(`${reference}@v1/pytorch_model.bin`)).rejects.toThrow(
      /answers 429, and asks for 3600 s of patience/,
    );
    expect(heard.length - length).toBe(3);
  });

  test("a way that leads in circles, or out of encryption, is not followed", async () => {
    const { hub, interfere, heard } = await startHub({ files });
    interfere((request, response) => {
      response.writeHead(302, { location: request.url ?? "" }).end();
      return true;
    });
    await expect(hub().fetch(reference)).rejects.toThrow("from one place to the next");
    expect(heard.length).toBeLessThan(12);
    interfere((_, response) => {
      response.writeHead(302, { location: "ftp://example.com/x" }).end();
      return true;
    });
    await expect(hub().fetch(reference)).rejects.toThrow("without encryption");
  });

  test("a hub that says nothing is given up", async () => {
    const { hub, interfere } = await startHub({ files });
    interfere(() => true);
    const patience = { tries: 2, pause: 1, silence: 50 };
    await expect(hub({}, { patience }).fetch(reference)).rejects.toThrow(/FGKD_HUB .*says nothing any more/);
  });
});

describe("without a network", () => {
  test("what the cache has is taken, and the rest is refused at once", async () => {
    const { hub, heard } = await startHub({ files });
    const offline = hub({ FGKD_OFFLINE: "1" });
    await expect(offline.fetch(reference)).rejects.toThrow(/FGKD_HUB .*not in the cache .*nothing is fetched offline/);
    expect(heard).toEqual([]);
    const { file } = await hub().fetch(reference);
    const { length } = heard;
    expect((await offline.fetch(reference)).file).toBe(file);
    expect((await offline.fetch(`${reference}@${commit}`)).file).toBe(file);
    await expect(offline.fetch(`${reference}@v1`)).rejects.toThrow("offline");
    expect(heard.length).toBe(length);
  });

  test("what was taken last is taken again, with a word", async () => {
    const { hub, stop } = await startHub({ files });
    const { file } = await hub().fetch(reference);
    await stop();
    const warnings: string[] = [];
    const logger = { info: () => {}, warn: (words: string) => warnings.push(words) };
    expect((await hub({}, { logger }).fetch(reference)).file).toBe(file);
    expect(warnings.join()).toMatch(/cannot be reached \(ECONNREFUSED\).*taken as it was last, at commit 0123456789ab/);
    await expect(hub().fetch("hf://old/model")).rejects.toThrow("ECONNREFUSED");
  });

  test("a commit that was taken before is asked for no more, whatever the branch has become", async () => {
    const { hub, heard } = await startHub({ files });
    const { file } = await hub().fetch(reference);
    const { length } = heard;
    appendFileSync(join(dirname(file), "../refs/main"), "no commit any more");
    expect((await hub().fetch(reference, commit)).file).toBe(file);
    expect(heard.length).toBe(length);
  });
});
