// Fills the page from /mail.json and again on each event; the frames alone are loaded anew, so that the chosen tab,
// the scroll position and the focus stay. Every word of the mail enters as text, never as markup.

const byId = (id) => document.getElementById(id);
const TABS = ["desktop", "phone", "text", "check", "headers"];
const LEVELS = { error: "Mend before it goes out", warning: "Worth a look", note: "Good to know" };
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"; // never allow-scripts beside the first
const DESKTOP_LEAST = 640;
const DESKTOP_MOST = 1100;
const PHONE = 375;
const PHONE_HEIGHT = 812;
const BORDERS = 2; // the frame's, left and right together

let state = null;
let tab = "desktop";
let dark = false;

/** One device: a frame of a given width, scaled down where the page is narrower. */
class Device {
  constructor(panel, title, { least, most, tallest }) {
    Object.assign(this, { panel, title, least, most, tallest, wanted: "" });
    new ResizeObserver(() => this.fit()).observe(panel);
  }

  show(version, scheme) {
    const wanted = `/mail.html?scheme=${scheme}&version=${version}`;
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    // The next frame loads unseen above the present one and takes its place when it is laid out: no white flash.
    const next = document.createElement("iframe");
    next.setAttribute("sandbox", SANDBOX);
    next.title = this.title;
    next.className = `coming ${scheme}`;
    next.addEventListener("load", () => this.settle(next, wanted), { once: true });
    next.src = wanted;
    this.panel.append(next);
    this.fit();
  }

  settle(next, wanted) {
    if (wanted !== this.wanted) return next.remove();
    const present = this.frame;
    if (present) next.contentWindow.scrollTo(0, present.contentWindow.scrollY);
    next.classList.remove("coming");
    for (const frame of this.panel.querySelectorAll("iframe")) if (frame !== next) frame.remove();
    this.panel.dataset.shown = wanted;
  }

  get frame() {
    return this.panel.querySelector("iframe:not(.coming)");
  }

  fit() {
    const { clientWidth: room, clientHeight: height } = this.panel;
    if (!room || !height) return;
    this.width = Math.max(this.least, Math.min(this.most, room - BORDERS));
    this.scale = Math.min(1, room / (this.width + BORDERS));
    const tall = Math.min(height / this.scale - BORDERS, this.tallest);
    const left = Math.max(0, (room - (this.width + BORDERS) * this.scale) / 2);
    for (const { style } of this.panel.querySelectorAll("iframe")) {
      style.width = `${this.width}px`;
      style.height = `${tall}px`;
      style.left = `${left}px`;
      style.transform = this.scale < 1 ? `scale(${this.scale})` : "";
    }
    measure();
  }
}

const devices = {
  desktop: new Device(byId("panel-desktop"), "The mail at desktop width", { least: DESKTOP_LEAST, most: DESKTOP_MOST, tallest: Infinity }),
  phone: new Device(byId("panel-phone"), "The mail at phone width", { least: PHONE, most: PHONE, tallest: PHONE_HEIGHT }),
};

function measure() {
  const device = devices[tab];
  let words = "";
  if (device?.width) {
    words = `${Math.round(device.width)} px wide`;
    if (device.scale < 1) words += `, at ${Math.round(device.scale * 100)} %`;
  } else if (tab === "text" && state?.mail) {
    const { lines, widest } = state.mail.shape;
    words = `${lines} lines, the longest ${widest} columns; the rule stands at 72`;
  }
  byId("measure").textContent = state?.mail ? words : "";
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function showMail(mail) {
  const { bytes } = mail;
  document.title = `${mail.subject} · ${mail.title}`;
  byId("title").textContent = mail.title;
  byId("edition").textContent = mail.edition;
  byId("note").textContent = mail.note;
  for (const id of ["title", "inbox-sender", "inbox-subject", "inbox-preheader", "text-part"]) byId(id).lang = mail.language;
  byId("inbox-sender").textContent = mail.sender;
  byId("inbox-subject").textContent = mail.subject;
  byId("inbox-preheader").textContent = mail.preheader;
  byId("text-part").textContent = mail.text;

  const share = bytes.html / bytes.clip;
  const gauge = byId("gauge");
  gauge.dataset.state = share > 1 ? "over" : share > 0.9 ? "near" : "well";
  gauge.setAttribute("aria-valuenow", Math.min(102, bytes.html / 1024).toFixed(1));
  byId("gauge-bar").style.width = `${Math.min(100, share * 100)}%`;
  const verdict = share > 1
    ? "Gmail clips it, and what stands at the end, the unsubscribe link too, is hidden."
    : share > 0.9 ? "Gmail still shows it whole; little room is left." : "Gmail shows it whole.";
  const said = `${size(bytes.html)} of 102 KB of HTML. ${verdict}`;
  byId("gauge-said").textContent = said;
  gauge.setAttribute("aria-valuetext", said);
  byId("sizes").replaceChildren(
    ...[["Whole message", bytes.message], ["HTML part", bytes.html], ["Text part", bytes.text]].flatMap(
      ([label, count]) => [element("dt", label), element("dd", size(count))],
    ),
  );

  byId("header-table").tBodies[0].replaceChildren(
    ...mail.headers.map(({ name, value }) => {
      // Roles besides the elements: a narrow page lays the rows out as blocks, and browsers then forget the table.
      const row = element("tr", "", { role: "row" });
      row.append(element("th", name, { scope: "row", role: "rowheader" }), element("td", value, { role: "cell" }));
      return row;
    }),
  );
  byId("headers-raw").textContent = mail.headers.map(({ raw }) => raw).join("\n");
  showFindings(mail.findings);
}

function showFindings(findings) {
  const count = (level) => findings.filter((finding) => finding.level === level).length;
  const errors = count("error");
  const warnings = count("warning");
  const button = byId("tab-check");
  button.dataset.state = errors ? "error" : warnings ? "warning" : "well";
  button.dataset.count = errors + warnings || "";
  button.setAttribute("aria-label", errors + warnings ? `Check, ${errors + warnings} found` : "Check");
  byId("verdict").textContent = errors
    ? "This mail should not go out as it is."
    : warnings ? "It can go out; some readers will see it otherwise than meant." : "Nothing stands in its way.";
  byId("findings").replaceChildren(
    ...Object.entries(LEVELS).flatMap(([level, title]) => {
      const list = element("ul", "", { class: "findings", "data-level": level });
      for (const { what, where, remedy } of findings.filter((finding) => finding.level === level)) {
        const item = element("li", "");
        item.append(element("p", what));
        if (where) item.append(element("p", where, { class: "where" }));
        if (remedy) item.append(element("p", remedy, { class: "remedy" }));
        list.append(item);
      }
      return list.childElementCount ? [element("h2", title), list] : [];
    }),
    ...known(findings.filter((finding) => finding.level === "known")),
  );
}

// What every mail has, and nobody can mend: it is there for whoever asks.
function known(findings) {
  if (!findings.length) return [];
  const all = element("details", "");
  const list = element("ul", "", { class: "findings", "data-level": "known" });
  list.append(...findings.map(({ what, remedy }) => {
    const item = element("li", "");
    item.append(element("p", what), element("p", remedy, { class: "remedy" }));
    return item;
  }));
  all.append(element("summary", `Known gaps of some mail clients, which every mail has: ${findings.length}`), list);
  return [all];
}

function render() {
  const { mail, error } = state;
  byId("problem").hidden = !error;
  byId("problem-sentence").textContent = error ?? "";
  byId("problem-rest").textContent = mail
    ? "Below is the last version that loaded. Save again and this goes by itself."
    : "The mail appears here as soon as it loads; save, and it is tried again.";
  byId("stage").classList.toggle("stale", Boolean(error));
  byId("stage").classList.toggle("empty", !mail);
  byId("inbox").classList.toggle("stale", Boolean(error));
  byId("inbox").hidden = !mail;
  document.querySelector(".bar").hidden = !mail;
  document.querySelector(".downloads").hidden = !mail;
  if (mail) {
    showMail(mail);
    showFrames();
  }
  byId("note").hidden = !mail?.note || Boolean(error); // a note on the mail before says nothing of this save
  measure();
}

function showFrames() {
  // While an error stands, the last good mail stays in its frame as it is: nothing to load.
  if (!state?.mail) return;
  for (const device of Object.values(devices)) device.show(state.mailVersion, dark ? "dark" : "light");
}

async function load() {
  const answer = await fetch("/mail.json");
  if (!answer.ok) throw new Error(await answer.text());
  const next = await answer.json();
  next.mailVersion = next.error && state?.mail ? state.mailVersion : next.version;
  state = next;
  render();
  document.documentElement.dataset.version = next.version;
}

function say(words, name) {
  const live = byId("live");
  live.textContent = words;
  live.dataset.state = name;
}

function follow() {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const events = new EventSource("/events");
  events.addEventListener("shown", async ({ data }) => {
    try {
      if (state?.version !== data) await load();
      say(`Live, as of ${clock.format(new Date())}`, "live");
    } catch {
      say("The preview did not answer; trying again", "lost");
    }
  });
  events.addEventListener("error", () => say("The preview has stopped; waiting for it to come back", "lost"));
}

function keepAddress() {
  history.replaceState(null, "", `#${tab}${dark ? "-dark" : ""}`);
}

function choose(name, { focus = false } = {}) {
  tab = name;
  for (const each of TABS) {
    const button = byId(`tab-${each}`);
    const chosen = each === name;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    byId(`panel-${each}`).classList.toggle("away", !chosen);
    if (chosen && focus) button.focus();
  }
  fold();
  byId("dark").hidden = !(name in devices);
  measure();
  keepAddress();
}

const small = matchMedia("(max-width: 720px)");
small.addEventListener("change", fold);

/** A list of mail on a phone, or on a page as narrow as one, sets a mail in three lines. */
function fold() {
  byId("inbox").classList.toggle("narrow", tab === "phone" || small.matches);
}

function turn(on) {
  dark = on;
  byId("dark").setAttribute("aria-checked", String(on));
  showFrames();
  keepAddress();
}

for (const name of TABS) {
  const button = byId(`tab-${name}`);
  button.dataset.label = button.textContent;
  button.addEventListener("click", () => choose(name));
  button.addEventListener("keydown", (event) => {
    const here = TABS.indexOf(name);
    const goal = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    choose(TABS[(goal + TABS.length) % TABS.length], { focus: true });
  });
}
byId("dark").addEventListener("click", () => turn(!dark));
byId("raw").addEventListener("click", () => {
  const raw = byId("raw").getAttribute("aria-checked") !== "true";
  byId("raw").setAttribute("aria-checked", String(raw));
  byId("header-table").hidden = raw;
  byId("headers-raw").hidden = !raw;
});

const [first, scheme] = location.hash.slice(1).split("-");
choose(TABS.includes(first) ? first : "desktop");
turn(scheme === "dark");
follow();
