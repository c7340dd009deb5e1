// What is due, told outside the app: a number on the icon, and a quiet notification by Periodic Background Sync. Only
// numbers by day are kept for the service worker (sw.js), and only while the reminder is on.
window.ruhuReminder = (function () {
  const TAG = "due";
  let noted = "";
  let known = [];
  const worker = () => navigator.serviceWorker.ready;
  // The permission last: to look it up holds up the page.
  const isOn = async () =>
    (await (await worker()).periodicSync.getTags()).includes(TAG) && Notification.permission === "granted";
  const available = async () =>
    "serviceWorker" in navigator && "Notification" in window && "periodicSync" in (await worker());
  const keep = async () => {
    if (known.length) await (await caches.open(TAG)).put("/due", new Response(JSON.stringify(known)));
  };
  const turnOff = async () => {
    if (await available()) await (await worker()).periodicSync.unregister(TAG);
    await caches.delete(TAG);
    return "";
  };
  return {
    available,
    isOn,
    /** Numbers by day, as `[["2026-11-26", 3]]`, the first for today; none where nobody is logged in: who comes next has
     * not asked for a reminder. */
    async note(days) {
      if (days === noted) return;
      noted = days;
      known = JSON.parse(days);
      // A promise that is refused where there is no icon: nothing depends on it.
      if (navigator.setAppBadge) navigator.setAppBadge(known.length ? known[0][1] : 0).catch(() => {});
      if (!known.length) await turnOff();
      else if ((await available()) && (await isOn())) await keep();
    },
    /** "" where it is on now, otherwise why not. */
    async turnOn() {
      if ((await Notification.requestPermission()) !== "granted") return "refused";
      try {
        await (await worker()).periodicSync.register(TAG, { minInterval: 12 * 3600 * 1000 });
      } catch {
        return "install";
      }
      await keep();
      return "";
    },
    turnOff,
  };
})();
