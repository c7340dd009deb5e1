// Keeps the app's files so that it starts without a network. The two lines below are filled in by
// `cargo xtask build`: the version is the hash of all files, the list has every file that an offline
// start needs, with the SHA-256 of its content in base64.
const VERSION = "dev";
const FILES = {};

const CACHE = `ruhu-${VERSION}`;

// The list of a version is kept beside its files under this name.
const LIST = "/files";

// All or nothing: one file that can't be had fails the install, and the version before goes on.
self.addEventListener("install", (event) => {
  // What is answered by the server alone need not wake this worker first, where the browser knows how (Chrome 123).
  if (event.addRoutes)
    event.waitUntil(event.addRoutes({ condition: { urlPattern: { pathname: "/api/*" } }, source: "network" }));
  event.waitUntil(install());
});

// Takes the files that an earlier version has with the same content from there, and downloads the rest.
async function install() {
  const cache = await caches.open(CACHE);
  const kept = await keptFiles();
  const take = async ([file, hash]) => {
    const same = await kept.get(hash)?.();
    // What is kept may be damaged: then it is downloaded.
    const fits = same && (await digest(same.clone())) === hash;
    const response = fits ? same : await fetch(new Request(file, { cache: "reload" }));
    if (!fits && (!response.ok || (await digest(response.clone())) !== hash))
      throw new Error(`${file} is not the file of this version`);
    await cache.put(file, response);
  };
  await Promise.all(Object.entries(FILES).map(take));
  await cache.put(LIST, new Response(JSON.stringify(FILES)));
}

// What reads a file of an earlier version, by the hash of its content.
async function keptFiles() {
  const kept = new Map();
  for (const name of await caches.keys()) {
    if (!name.startsWith("ruhu-") || name === CACHE) continue;
    const cache = await caches.open(name);
    const list = await cache.match(LIST);
    if (!list) continue;
    for (const [file, hash] of Object.entries(await list.json())) kept.set(hash, () => cache.match(file));
  }
  return kept;
}

async function digest(response) {
  const bytes = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => name.startsWith("ruhu-") && name !== CACHE).map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

// "take-over": the page says when: between tasks, never while a form is open.
// "claim": a page that was just loading while this version became active was not among those claimed then.
self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
  if (event.data === "claim") event.waitUntil(self.clients.claim());
});

// Background Sync: the browser says that there is a network. The pages know what to send.
self.addEventListener("sync", (event) => {
  event.waitUntil(self.clients.matchAll().then((pages) => pages.forEach((page) => page.postMessage("sync"))));
});

// Periodic Background Sync, where somebody asked for it (reminder.js): how much is due today, as a number, once a day.
self.addEventListener("periodicsync", (event) => {
  if (event.tag === "due") event.waitUntil(remind());
});

async function remind() {
  const cache = await caches.open("due");
  const kept = await cache.match("/due");
  if (!kept) return;
  const days = await kept.json();
  // The day in China.
  const today = new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10);
  // Nobody has looked at the app for more than the month that is known.
  if (Date.parse(today) - Date.parse(days[0][0]) > 31 * 86400 * 1000) return;
  const [, count] = days.filter(([on]) => on <= today).pop() || [today, 0];
  if (self.navigator.setAppBadge) self.navigator.setAppBadge(count).catch(() => {});
  const told = await cache.match("/told");
  const again = told && (await told.text()) === today;
  if (!count || again || (await phones()).some((phone) => phone.visibilityState === "visible")) return;
  const options = { body: "点开查看", tag: "due", silent: true, icon: "/icons/icon-192.png", lang: "zh-CN" };
  await self.registration.showNotification(`${count} 件事到期`, options);
  await cache.put("/told", new Response(today));
}

// Windows of the phone app: the offices' pages are not among them.
async function phones() {
  const windows = await self.clients.matchAll({ type: "window" });
  return windows.filter((window) => !/^\/office(\/|$)/.test(new URL(window.url).pathname));
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    (async () => {
      const [open] = await phones();
      await (open ? open.focus() : self.clients.openWindow("/"));
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  // The offices' pages are not kept: they need the server anyway.
  if (/^\/(api|office)(\/|$)/.test(url.pathname)) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      const kept = await cache.match(request.mode === "navigate" ? "/" : request, { ignoreSearch: true });
      return kept || fetch(request);
    })(),
  );
});
