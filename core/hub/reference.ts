/** References to files of a hub: `hf://owner/name[@revision][/file]`. */
import { pathProblem } from "../values/errors.js";

/** What a reference says. */
export interface HubReference {
  /** `owner/name` */
  readonly repository: string;
  /** A branch, a tag or a commit. Default: the hub's main branch. */
  readonly revision?: string;
  /** A path inside the repository. Default: its weights, under the usual names. */
  readonly file?: string;
}

const scheme = "hf://";

/** As the hub's own names are: nothing that could be a path of its own. */
const part = /^(?!\.)(?!.*\.\.)[\w.-]{1,96}$/;
const commit = /^[0-9a-f]{40}$/;

/** Whether a text is meant as a reference, and not as a path. */
export function isReference(text: string): boolean {
  return text.startsWith(scheme);
}

/** Whether a revision is a commit, which never changes. */
export function isCommit(revision: string | undefined): revision is string {
  return revision !== undefined && commit.test(revision);
}

/** @throws FGKD_PATH for what is none */
export function parseReference(text: string): HubReference {
  const fail = (problem: string) =>
    pathProblem(text, problem, "Write hf://owner/name[@revision][/file], as in hf://timm/resnet18.tv_in1k.");
  if (!isReference(text)) throw fail("is no reference to a hub");
  const [owner = "", named = "", ...segments] = text.slice(scheme.length).split("/");
  const [name = "", encoded, ...more] = named.split("@");
  if (!part.test(owner) || !part.test(name) || more.length > 0) throw fail("names no repository as owner/name");
  const revision = encoded === undefined ? undefined : decoded(encoded);
  if (revision !== undefined && (revision.length > 200 || !revision.split("/").every((one) => part.test(one))))
    throw fail("names a revision that cannot be (in one with a slash, write %2F)");
  if (!segments.every((one) => part.test(one))) throw fail("names a file that cannot be");
  return {
    repository: `${owner}/${name}`,
    ...(revision !== undefined && { revision }),
    ...(segments.length > 0 && { file: segments.join("/") }),
  };
}

/** The reference as text. */
export function referenceText({ repository, revision, file }: HubReference): string {
  const at = revision === undefined ? "" : `@${encodeURIComponent(revision)}`;
  return `${scheme}${repository}${at}${file === undefined ? "" : `/${file}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
