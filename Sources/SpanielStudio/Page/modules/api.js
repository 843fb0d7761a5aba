// Calls to the server. Every one resolves to the answer's JSON or throws a Problem; a lost server and a full disk are said here.

import { clearTrouble, trouble } from "./announce.js";

export class Problem extends Error {
  constructor(status, code, message, body = {}) {
    super(message);
    Object.assign(this, { status, code, body });
  }

  get isConflict() {
    return this.status === 409;
  }
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}, version = null) => call("POST", path, body, version);
export const put = (path, body, version) => call("PUT", path, body, version);
export const patch = (path, body, version) => call("PATCH", path, body, version);
export const remove = (path, version) => call("DELETE", path, {}, version);

// An address below /api with a query; parameters that are null are left out.
export function address(path, query = {}) {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) parameters.set(key, value);
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

const PATIENCE = 6; // answers of "busy" before giving up

async function call(method, path, body = null, version = null, tries = 0) {
  const headers = {};
  if (method !== "GET") headers["Content-Type"] = "application/json";
  if (version !== null) headers["If-Match"] = `"${version}"`;
  let response;
  try {
    response = await fetch(`/api${path}`, { method, headers, body: method === "GET" ? undefined : JSON.stringify(body) });
  } catch {
    trouble("server", "The server does not answer. Nothing that was saved is lost; start it again with `spaniel label`, or wait: this page tries again by itself.");
    throw new Problem(0, "server.lost", "The server does not answer.");
  }
  clearTrouble("server");
  if (response.status === 503 && tries < PATIENCE) {
    const seconds = Number(response.headers.get("Retry-After")) || 0.5;
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 5) * 1000));
    return call(method, path, body, version, tries + 1);
  }
  if (response.ok && method !== "GET") clearTrouble("disk");
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { code = "unknown", message = `The server answered ${response.status}.` } = answer.error ?? {};
  if (response.status === 401) {
    trouble("session", "This tab has no session with the server: open the address that `spaniel label` printed.");
  }
  if (response.status === 507) trouble("disk", message);
  throw new Problem(response.status, code, message, answer);
}

// Changes the token of the address for the cookie, and takes it out of the address.
export async function startSession() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  await post("/session", { token });
}

// Addresses of pictures, which the browser may keep: `content` names the file's bytes.
export const thumbnail = (picture, side = null) =>
  `/api${address(`/pictures/${picture.id}/thumbnail`, { side, v: picture.content })}`;

export const image = (picture) => `/api${address(`/pictures/${picture.id}/image`, { v: picture.content })}`;

export const crop = (picture, box, side = 192) =>
  `/api${address(`/pictures/${picture.id}/crop`, { box: box.map((edge) => Math.round(edge * 10) / 10).join(","), side, v: picture.content })}`;

// Where a box lies in its crop, as shares of the crop's side: the square is 1.4 × the longer side, at least 32 pixels.
export function boxInCrop([x1, y1, x2, y2]) {
  const square = Math.max(32, 1.4 * Math.max(x2 - x1, y2 - y1));
  const width = (x2 - x1) / square;
  const height = (y2 - y1) / square;
  return [0.5 - width / 2, 0.5 - height / 2, width, height];
}
