// What comes before the app: says so in words where the browser can't run it, in place of a blank
// page. Plain old script: it must run where modules don't.
(function () {
  var missing =
    typeof WebAssembly !== "object" ||
    typeof Promise !== "function" ||
    !("noModule" in document.createElement("script")) ||
    !window.indexedDB ||
    typeof BigInt !== "function" ||
    typeof globalThis !== "object";
  if (missing) document.getElementById("old-browser").hidden = false;
  // Wakes the storage while the app is still being compiled.
  else if (indexedDB.databases) indexedDB.databases().catch(function () {});
})();
