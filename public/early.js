// What comes before the app: says so in words where the browser can't run it, in place of a blank
// page. Plain old script: it must run where modules don't.
(function () {
  // The smallest module of WebAssembly with a function of this code: results, a memory or none.
  function module(results, memory, code) {
    var type = [96, 0, results.length].concat(results);
    var head = [0, 97, 115, 109, 1, 0, 0, 0, 1, type.length + 1, 1].concat(type, [3, 2, 1, 0]);
    var body = [10, code.length + 4, 1, code.length + 2, 0].concat(code, [11]);
    return new Uint8Array(head.concat(memory ? [5, 3, 1, 0, 1] : [], body));
  }
  // What the app's module is built with (FEATURES in crates/xtask/src/shrink.rs).
  function understands() {
    return [
      module([], true, [65, 0, 65, 0, 65, 0, 252, 10, 0, 0]), // bulk memory: memory.copy
      module([], false, [208, 112, 26]), // reference types: ref.null func
      module([], false, [67, 0, 0, 0, 0, 252, 0, 26]), // floats to whole numbers without a trap
      module([], false, [65, 0, 192, 26]), // sign extension
      module([127, 127], false, [65, 0, 65, 0]), // two results
    ].every(function (bytes) {
      return WebAssembly.validate(bytes);
    });
  }
  function show(id) {
    function shown() {
      document.getElementById(id).hidden = false;
    }
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", shown);
    else shown();
  }
  var missing =
    typeof WebAssembly !== "object" ||
    typeof Promise !== "function" ||
    !("noModule" in document.createElement("script")) ||
    !window.indexedDB ||
    !window.ReadableStream ||
    typeof BigInt !== "function" ||
    typeof globalThis !== "object" ||
    !understands();
  if (missing) return show("old-browser");
  // Wakes the storage while the app is still being compiled.
  if (indexedDB.databases) indexedDB.databases().catch(function () {});
  var started = false;
  window.addEventListener("TrunkApplicationStarted", function () {
    started = true;
    document.getElementById("not-started").hidden = true;
  });
  // The app's script or module can't be read: it came broken, or has what this browser does not know after all. Scripts of
  // others, as of extensions, are no matter of the app.
  function broke(error, own) {
    var kinds = [WebAssembly.CompileError, WebAssembly.LinkError].concat(own ? SyntaxError : []);
    var unread = kinds.some(function (kind) {
      return kind && error instanceof kind;
    });
    if (unread && !started) show("not-started");
  }
  window.addEventListener("error", function (event) {
    broke(event.error, /\/(ruhu|office)-/.test(event.filename));
  });
  window.addEventListener("unhandledrejection", function (event) {
    broke(event.reason, false);
  });
})();
