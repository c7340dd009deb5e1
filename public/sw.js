// Keeps the app's files so that it starts without a network. The two lines below are filled in by
// `cargo xtask build`: the version is the hash of all files, the list is every file that an offline
// start needs.
const VERSION = "dev";
const FILES = [];

const CACHE = `ruhu-${VERSION}`;

// All or nothing: one file that can't be had fails the install, and the version before goes on.
self.addEventListener("install", (event) => {
  // What is answered by the server alone need not wake this worker first, where the browser knows how (Chrome 123).
  if (event.addRoutes)
    event.waitUntil(event.addRoutes({ condition: { urlPattern: { pathname: "/api/*" } }, source: "network" }));
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))),
  );
});

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
