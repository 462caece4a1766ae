"use strict";

const $ = (id) => document.getElementById(id);
const maxWait = 20_000; // milliseconds for an answer
const maxText = 4 << 20; // characters of an answer
const maxShown = 300; // requests in the list
const maxKept = 1000; // requests that a filter finds, as many as the sandbox remembers
let overview = null;
let skew = 0; // milliseconds that the sandbox's clock is ahead of this one
const tokens = new Map(); // the newest access token that this page has got, by account

// element makes an element; texts are put in as text, never as HTML.
function element(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null));
  return e;
}

let toastTimer;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("on"), 4000);
}

// ask sends a request and returns the status of its answer, and the JSON in it if it has any. Where the
// answer does not come, or not whole, the status is 0.
async function ask(url, request) {
  try {
    const r = await fetch(url, { ...request, signal: AbortSignal.timeout(maxWait) });
    const text = await read(r.body);
    try {
      return { status: r.status, ok: r.ok, empty: text === "", json: JSON.parse(text) };
    } catch {
      return { status: r.status, ok: r.ok, empty: text === "" };
    }
  } catch {
    return { status: 0, ok: false };
  }
}

// read is the text of a body, or the beginning of one that is too long.
async function read(body) {
  const decoder = new TextDecoder();
  let text = "";
  for (const reader = body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    if (text.length > maxText) {
      reader.cancel();
      break;
    }
  }
  return text;
}

// admin asks the sandbox itself for something.
async function admin(method, path, body) {
  const answer = await ask("/_sandbox" + path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.ok && answer.empty) return null;
  if (answer.ok && answer.json !== undefined) return answer.json;
  toast("That did not work: " + (answer.json?.error || (answer.status ? "the sandbox answered " + answer.status : "the sandbox does not answer")));
  return undefined;
}

function button(label, onclick, extra = {}) {
  return element("button", { type: "button", onclick, ...extra }, label);
}

function copy(text, what) {
  navigator.clipboard.writeText(text).then(() => toast("Copied " + what), () => toast("The browser does not let me copy"));
}

// --- Vendors

// What is drawn is replaced only where it differs, so that a click does not miss a button that has just been redrawn.
const drawn = new Map();
function redraw(key, data, place, make) {
  const text = JSON.stringify(data);
  const old = drawn.get(key);
  if (old && old.text === text) return old.node;
  const focused = old && old.node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const node = make();
  if (old) old.node.replaceWith(node);
  else place.append(node);
  drawn.set(key, { text, node });
  if (focused) node.querySelector('[data-key="' + CSS.escape(focused) + '"]')?.focus();
  return node;
}

function drawVendors() {
  for (const v of overview.vendors) {
    const node = redraw(v.vendor, v.vendor, $("vendors"), () => card(v));
    node.querySelector(".count").textContent = v.token_requests + (v.token_requests === 1 ? " token request" : " token requests");
    for (const a of v.accounts) {
      redraw(accountKey(v, a), a, node.querySelector(".accounts"), () => account(v, a));
    }
  }
}

function card(v) {
  const key = (what) => ({ "data-key": v.vendor + " " + what });
  return element("article", { class: "card", id: "vendor-" + v.vendor, "aria-labelledby": "title-" + v.vendor },
    element("div", { class: "top" },
      element("h3", { id: "title-" + v.vendor }, v.title),
      element("span", { class: "count" })),
    element("dl", { class: "urls" },
      ...url(v, "Auth", v.auth_path), ...url(v, v.live_api_path ? "Sandbox API" : "API", v.api_path),
      ...(v.live_api_path ? url(v, "Live API", v.live_api_path) : [])),
    element("ul", { class: "accounts" }),
    element("div", { class: "acts" },
      button("Revoke tokens", () => revokeAll(v.vendor), key("revoke")),
      button("Roll key", () => admin("POST", "/keys/" + v.vendor, { keep_old: true }).then((r) => r !== undefined && toast("New signing key; the old one stays published")), key("roll")),
      button("Replace key", () => admin("POST", "/keys/" + v.vendor, { keep_old: false }).then((r) => r !== undefined && toast("New signing key; tokens of the old one are refused")), key("replace"))));
}

function url(v, what, path) {
  return [element("dt", {}, what), element("dd", {}, element("code", {}, path),
    button("copy", () => copy(location.origin + path, "the URL of " + v.title + "'s " + what), { class: "plain", "aria-label": "Copy the URL of " + v.title + "'s " + what, "data-key": v.vendor + " url " + what }))];
}

function account(v, a) {
  const name = a.user || a.client;
  const key = (what) => ({ "data-key": v.vendor + " " + name + " " + what });
  const acts = [
    button("Get token", () => getToken(v, a), { class: "get-token", ...key("get") }),
    button("Call API", () => callAPI(v, a), { class: "call-api", ...key("call") }),
  ];
  if (a.user) {
    // Always there, so that its neighbour does not move to where it was just when it is clicked.
    acts.push(button("Log out", () => logout(a), { disabled: !a.sessions, ...key("logout") }));
    acts.push(button(a.disabled ? "Enable" : "Disable", () => admin("POST", "/accounts", { mandator: a.realm, user: a.user, disabled: !a.disabled }), key("disable")));
  } else {
    acts.push(button("Rotate secret", () => rotate(v, a), key("rotate")));
  }
  return element("li", { class: a.disabled ? "off" : "" },
    element("div", { class: "who" },
      element("code", {}, name),
      a.disabled ? element("span", { class: "note" }, "disabled") : undefined,
      a.note ? element("span", { class: "note" }, a.note) : undefined,
      a.sessions ? element("span", { class: "hint" }, a.sessions + (a.sessions === 1 ? " session" : " sessions")) : undefined,
      a.realm && v.vendor !== "onefinops" ? element("span", { class: "hint end" }, a.realm) : undefined),
    element("div", { class: "who" },
      element("code", { class: "secret" }, a.secret),
      button("copy", () => copy(a.secret, "the secret of " + name), { class: "plain", "aria-label": "Copy the secret of " + name, ...key("copy") }),
      a.email ? element("code", { class: "secret" }, a.email) : undefined),
    element("div", { class: "acts" }, ...acts));
}

async function getToken(v, a) {
  let url = v.auth_path + "/realms/" + encodeURIComponent(a.realm) + "/protocol/openid-connect/token";
  let body = new URLSearchParams(a.user
    ? { grant_type: "password", client_id: a.client, username: a.user, password: a.secret }
    : { grant_type: "client_credentials", client_id: a.client, client_secret: a.secret });
  let type = "application/x-www-form-urlencoded";
  if (v.vendor === "fincalc") {
    url = v.auth_path + "/api/oauth/token";
    type = "application/json";
    // As the SDK writes it: a number with exactly these digits, which a Number of JavaScript may not keep.
    const id = /^(0|[1-9]\d*)$/.test(a.client) ? a.client : JSON.stringify(a.client);
    body = '{"client_id":' + id + "," + JSON.stringify({ grant_type: "client_credentials", client_secret: a.secret, scope: a.scope, email_address: a.email }).slice(1);
  }
  const answer = await ask(url, { method: "POST", headers: { "Content-Type": type }, body: body.toString() });
  const got = answer.json?.data || answer.json || {};
  if (got.access_token) {
    tokens.set(accountKey(v, a), got.access_token);
    toast(v.title + " gave a token" + (/^\d+$/.test(got.expires_in) ? " for " + got.expires_in + " s" : ""));
  } else if (answer.status === 0) {
    toast(v.title + " gave no whole answer");
  } else {
    const says = [got.error_description, got.error, got.message?.description, got.message].find((s) => typeof s === "string");
    toast(v.title + " answered " + answer.status + (says ? ": " + says : answer.json === undefined ? " without JSON" : " without a token"));
  }
}

// accountKey tells accounts apart.
function accountKey(v, a) {
  return [v.vendor, a.realm, a.client, a.user].join(" ");
}

// finventiCall is a call of the product that the client is for.
function finventiCall(v, a) {
  const type = { "Content-Type": "application/json" };
  switch (a.product) {
    case "VerificationOfPayee":
      return { url: v.product_paths[a.product] + "/v1/accounts/payee-verification", request: { method: "POST",
        headers: { ...type, "Idempotency-Key": crypto.randomUUID ? crypto.randomUUID() : String(Math.random()) },
        body: JSON.stringify({ iban: "LT123456789012345678", account_holder_name: "A. Johnson" }) } };
    case "Payments":
      return { url: v.product_paths[a.product] + "/account-service/v2/accounts", request: { headers: {} } };
  }
  return { url: v.api_path + "/reports/sask/v1/accounts", request: { method: "POST", headers: type,
    body: JSON.stringify([{ accountType: "CURRENT_ACCOUNT", iban: "LT601010012345678901", currency: "EUR", openedDate: "2026-05-14" }]) } };
}

async function callAPI(v, a) {
  const token = tokens.get(accountKey(v, a));
  const headers = token === undefined ? {} : { Authorization: "Bearer " + token };
  let url, request;
  switch (v.vendor) {
    case "finventi":
      ({ url, request } = finventiCall(v, a));
      request.headers = { ...request.headers, ...headers };
      break;
    case "finapi":
      url = v.api_path + "/whoami";
      request = { headers };
      break;
    case "onefinops":
      url = (a.client.startsWith("ofin_live_") ? v.live_api_path : v.api_path) + "/v1/einvoices/generate";
      request = { method: "POST", headers: { ...headers, "Content-Type": "application/json", gstin: "36AMBPG7773M002" },
        body: JSON.stringify(v.invoice) };
      break;
    default:
      url = v.api_path + "/api/v2/clients?PageNumber=1&PageSize=3";
      request = { headers: { ...headers, Accept: "application/json" } };
  }
  const answer = await ask(url, request);
  toast(v.title + "'s API " + (answer.status === 0 ? "gave no whole answer" : "answered " + answer.status) + (token === undefined ? "; get a token first" : ""));
}

async function logout(a) {
  const r = await admin("POST", "/logout", { mandator: a.realm, user: a.user });
  if (r) toast(r.sessions === 1 ? "1 session ended" : r.sessions + " sessions ended");
}

async function rotate(v, a) {
  const r = await admin("POST", "/secrets", { vendor: v.vendor, client: a.client });
  if (r) toast(a.client + " has a new secret" + (v.vendor === "onefinops" ? "; the old one works for 24 h more" : ""));
}

async function revokeAll(vendor) {
  const r = await admin("DELETE", "/tokens" + (vendor ? "?vendor=" + vendor : ""));
  if (r) toast(r.revoked === 1 ? "1 token revoked" : r.revoked + " tokens revoked");
}

// --- Faults

let drawnFaults = "";
function drawFaults() {
  const text = JSON.stringify(overview.faults);
  if (text === drawnFaults) return;
  drawnFaults = text;
  $("faults").replaceChildren(...overview.faults.map((f) => {
    const what = [f.vendor || "all vendors", f.endpoint, f.name || f.status || "", f.delay ? "after " + f.delay : "",
      f.rate ? "1 in " + Math.round(1 / f.rate) : "", f.left ? "× " + f.left : ""].filter((s) => s !== "").join(" · ");
    return element("li", { "data-fault-id": f.id }, what,
      button("✕", () => admin("DELETE", "/faults/" + f.id), { class: "plain", "aria-label": "Remove the fault " + what }));
  }));
}

function inject(fault) {
  return admin("POST", "/faults", fault).then((f) => f && toast("Injected: " + (f.name || f.delay)));
}

async function fillFaults() {
  const list = await admin("GET", "/scenarios");
  if (!list) return;
  $("fault-name").replaceChildren(element("option", { value: "" }, "none, the delay alone"),
    ...list.map((s) => element("option", { value: s.name, "data-api": s.api, selected: s.name === "503" }, s.name + ": " + s.what)));
}

// --- Tokens

function drawTokens() {
  const now = Date.now() + skew;
  const list = overview.tokens.slice().reverse();
  $("no-tokens").hidden = list.length > 0;
  $("revoke-all").disabled = !list.some((t) => !t.revoked && Date.parse(t.expiry) > now);
  const rows = new Map([...$("tokens").children].map((row) => [row.dataset.id, row]));
  $("tokens").replaceChildren(...list.map((t) => {
    const row = rows.get(t.id) || tokenRow(t);
    drawToken(row, t, now);
    return row;
  }));
}

function tokenRow(t) {
  return element("tr", { "data-id": t.id },
    element("td", {}, t.vendor),
    element("td", {}, element("code", {}, t.user || t.client)),
    element("td", {}, element("code", { title: t.id }, t.id.replace(/^\w+:/, "").slice(0, 8))),
    element("td", {}, element("div", { class: "left" }, element("progress", { "aria-label": "Time left" }), element("span", { class: "state" }))),
    element("td", { class: "num" }),
    element("td", {}, button("Revoke", () => admin("DELETE", "/tokens/" + encodeURIComponent(t.id)), { class: "plain", "aria-label": "Revoke the token of " + (t.user || t.client) })));
}

function drawToken(row, t, now) {
  const whole = Date.parse(t.expiry) - Date.parse(t.issued_at);
  const left = Math.max(0, Date.parse(t.expiry) - now);
  const dead = t.revoked || left === 0;
  const bar = row.querySelector("progress");
  bar.max = Math.max(1, whole);
  bar.value = dead ? 0 : Math.min(left, whole);
  const state = row.querySelector(".state");
  state.textContent = t.revoked ? "revoked" : left === 0 ? "expired" : duration(left);
  state.classList.toggle("dead", dead);
  row.querySelector("td.num").textContent = t.uses;
  row.querySelector("button").hidden = dead;
}

function duration(ms) {
  const s = Math.ceil(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60) : Math.floor(s / 60) + ":" + two(s % 60);
}

// --- Requests

const exchanges = []; // the oldest first

function noteExchange(x) {
  exchanges.push(x);
  if (exchanges.length > maxKept) exchanges.shift();
  if (!picked(x)) return;
  $("journal").prepend(exchange(x));
  while ($("journal").children.length > maxShown) $("journal").lastElementChild.remove();
  $("no-requests").hidden = true;
}

function picked(x) {
  return $("filter").value === "" || $("filter").value === x.vendor;
}

function drawExchanges() {
  const list = exchanges.filter(picked).slice(-maxShown).reverse();
  $("journal").replaceChildren(...list.map(exchange));
  $("no-requests").textContent = exchanges.length === 0
    ? "No request has come in yet. Try “Get token” above."
    : "None of the last " + exchanges.length + " requests is for " + $("filter").selectedOptions[0].label + ".";
  $("no-requests").hidden = list.length > 0;
}

function exchange(x) {
  const status = x.status === 0 ? "none" : String(x.status);
  const kind = x.status >= 500 || x.status === 0 ? "bad" : x.status >= 300 ? "warn" : "";
  return element("li", { "data-vendor": x.vendor, "data-seq": x.seq },
    element("details", { ontoggle: (e) => e.target.open && fillDetail(e.target, x) },
      element("summary", {},
        element("time", { datetime: x.time }, x.time.slice(11, 19)),
        element("span", { class: "vendor" }, x.vendor || "nobody"),
        element("span", { class: "badge " + kind }, status),
        element("span", { class: "method mono" }, x.method),
        element("span", { class: "path mono", title: x.path }, (x.vendor ? x.path.slice(x.vendor.length + 1) : x.path) + (x.query ? "?" + x.query : "")),
        element("span", { class: "who-asked" }, [x.user || x.client, x.grant, x.fault ? "fault " + x.fault : ""].filter(Boolean).join(" · ")))));
}

function fillDetail(details, x) {
  if (details.querySelector(".detail")) return;
  const lines = (first, m) => [first, ...Object.entries(m.header || {}).sort().map(([k, v]) => k + ": " + v), "", pretty(m.body)].join("\n").trimEnd();
  details.append(element("div", { class: "detail" },
    element("pre", { tabindex: "0", "aria-label": "Request" }, lines(x.method + " " + x.path + (x.query ? "?" + x.query : ""), x.request)),
    element("pre", { tabindex: "0", "aria-label": "Answer" }, x.status === 0 ? "no answer (" + x.fault + ")" : lines("Status " + x.status + ", after " + (x.duration_ns / 1e6).toFixed(1) + " ms", x.response))));
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return (body || "").replaceAll("&", "\n&");
  }
}

function clearExchanges() {
  exchanges.length = 0;
  drawExchanges();
}

// --- Live

// A button that is replaced between press and release is not clicked, so drawing waits for the release.
let held = false;
addEventListener("pointerdown", () => { held = true; });
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => {
    held = false;
    setTimeout(draw); // the click comes first
  });
}

function draw() {
  if (held || overview === null) return;
  drawVendors();
  drawFaults();
  drawTokens();
  tick();
}

let run; // of the sandbox: another one has requests of its own, numbered anew
let lastSeq = 0;

let source; // of events
let reconnect; // timer

// A browser has few connections to a host, and a stream holds one for as long as its tab is open. A tab
// that nobody sees lets go of it.
function connect() {
  clearTimeout(reconnect);
  source?.close();
  $("dot").classList.remove("on");
  if (document.hidden) {
    $("live").textContent = "paused";
    return;
  }
  $("live").textContent = "connecting";
  listen(source = new EventSource("/_sandbox/events"));
}

function listen(source) {
  source.addEventListener("open", () => {
    $("live").textContent = "live";
    $("dot").classList.add("on");
  });
  source.addEventListener("error", () => {
    $("live").textContent = "not connected, trying again";
    $("dot").classList.remove("on");
    // A browser gives up where somebody else answers meanwhile.
    if (source.readyState === EventSource.CLOSED) reconnect = setTimeout(connect, 2000);
  });
  source.addEventListener("run", (e) => {
    if (run === e.data) return;
    if (run !== undefined) clearExchanges();
    run = e.data;
    lastSeq = 0;
  });
  source.addEventListener("exchange", (e) => {
    const x = JSON.parse(e.data);
    if (x.seq <= lastSeq) return;
    lastSeq = x.seq;
    noteExchange(x);
  });
  source.addEventListener("overview", (e) => {
    overview = JSON.parse(e.data);
    skew = Date.parse(overview.clock) - Date.now();
    draw();
  });
}

function tick() {
  if (!overview) return;
  $("clock").textContent = new Date(Date.now() + skew).toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

document.addEventListener("DOMContentLoaded", () => {
  $("base").textContent = location.origin;
  for (const [value, label] of [["finventi", "Finventi"], ["finapi", "finAPI"], ["onefinops", "OneFinOps"], ["fincalc", "FinCalc"]]) {
    for (const id of ["fault-vendor", "filter"]) $(id).append(element("option", { value }, label));
  }
  for (const b of document.querySelectorAll("[data-advance]")) {
    b.addEventListener("click", () => admin("POST", "/clock", { advance: b.dataset.advance }).then((r) => r && toast("The clock is " + b.textContent.slice(1) + " further")));
  }
  for (const b of document.querySelectorAll("[data-fault]")) {
    b.addEventListener("click", () => inject({ vendor: $("fault-vendor").value, name: b.dataset.fault, times: 1 }));
  }
  $("fault-name").addEventListener("change", (e) => {
    const api = e.target.selectedOptions[0].hasAttribute("data-api");
    $("fault-endpoint").value = api ? "api" : "token";
  });
  $("fault-form").addEventListener("submit", (e) => {
    e.preventDefault();
    inject({ vendor: $("fault-vendor").value, endpoint: $("fault-endpoint").value, name: $("fault-name").value, times: Number($("fault-times").value),
      rate: Number($("fault-rate").value), delay: $("fault-delay").value });
  });
  $("revoke-all").addEventListener("click", () => revokeAll(""));
  $("clear").addEventListener("click", async () => {
    if ((await admin("DELETE", "/journal")) === undefined) return;
    clearExchanges();
  });
  $("filter").addEventListener("change", drawExchanges);
  document.addEventListener("visibilitychange", connect);
  setInterval(() => {
    tick();
    if (overview) drawTokens();
  }, 1000);
  fillFaults();
  connect();
});
