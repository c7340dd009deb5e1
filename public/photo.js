// A picture as it is kept: upright, scaled down, encoded anew as JPEG, so that nothing the camera wrote stays in it.
window.ruhuPhoto = (function () {
  const encoded = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
  const drawn = (bitmap, side) => {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    // Where a picture is transparent paper is white.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas;
  };
  return {
    /** The bytes of a JPEG of at most so many bytes and so many pixels on its longer side; undefined where the file is no
     * picture. */
    async make(file, bytes, side) {
      let bitmap;
      try {
        bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
      } catch {
        return undefined;
      }
      try {
        for (; side >= 200; side = Math.floor(side * 0.75)) {
          const canvas = drawn(bitmap, side);
          for (const quality of [0.82, 0.7, 0.55]) {
            const made = await encoded(canvas, quality);
            if (made && made.size <= bytes) return new Uint8Array(await made.arrayBuffer());
          }
        }
        return undefined;
      } finally {
        bitmap.close();
      }
    },
  };
})();
