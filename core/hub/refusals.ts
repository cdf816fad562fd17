/** What a hub says no to, in words: by status, and by the code that it gives beside. */
import { hubFailed } from "../values/errors.js";
import { type HubReference, referenceText } from "./reference.js";
import type { Answer, Passing } from "./requests.js";
import type { HubSettings } from "./settings.js";

/** What a refusal is told from. */
export type Refused = Pick<Answer, "status" | "header">;

/** Whether the repository and the revision are there, and the file is not. */
export function lacksFile({ status, header }: Refused): boolean {
  const code = header("x-error-code");
  return status === 404 && (code === "EntryNotFound" || (code === undefined && isCommitGiven(header)));
}

function isCommitGiven(header: Answer["header"]): boolean {
  return header("x-repo-commit") !== undefined;
}

/**
 * @param files that were asked for, of which none is there
 * @returns FGKD_HUB
 */
export function refusal(
  reference: HubReference,
  { endpoint, token }: HubSettings,
  { status, header }: Refused,
  files: readonly string[],
): Error {
  const { repository, revision = "main" } = reference;
  const told = (problem: string, remedy: string) => hubFailed(referenceText(reference), problem, remedy);
  const code = header("x-error-code");
  const page = `${endpoint}/${repository}`;
  const check = "Check the owner, the name, and the tag behind its dot, as in hf://timm/resnet18.tv_in1k";
  if (code === "GatedRepo" || (status === 403 && code === undefined))
    return told(
      `the hub gives it only to those who agreed to its terms (${status})`,
      `Agree to them at ${page}, and set HF_TOKEN to a token of that account.`,
    );
  if (status === 401 || status === 403)
    return token === undefined
      ? told(`the hub knows no such public repository (${status})`, `${check}; for a private one set HF_TOKEN.`)
      : told(`the hub knows no such repository, or does not accept the token (${status})`, `${check}, and HF_TOKEN.`);
  if (code === "RevisionNotFound")
    return told(
      `the repository has no revision "${revision}"`,
      `Its branches and tags are listed at ${page}/tree/main.`,
    );
  if (lacksFile({ status, header }))
    return told(
      `the repository has no ${files.join(" and no ")}`,
      `Name one of its files behind a slash: ${page}/tree/main.`,
    );
  if (status === 404) return told("the hub knows no such repository (404)", `${check}.`);
  return told(`the hub answers ${status}, which says nothing of the file`, `Look at ${page}.`);
}

/** What did not pass in time. @returns FGKD_HUB */
export function givenUp(reference: HubReference, { endpoint }: HubSettings, last: Passing): Error {
  const again = last.seconds === undefined ? "" : `, and asks for ${Math.ceil(last.seconds)} s of patience`;
  return hubFailed(
    referenceText(reference),
    `${new URL(endpoint).host} ${last.message}${again}`,
    "What has arrived is kept: try again later, look after the network (HF_ENDPOINT names a mirror), or give the path of a file.",
    { cause: last },
  );
}
