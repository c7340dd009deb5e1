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
  /** The picture, upright. Chrome 100 to 111 don't know "from-image" and throw; an element turns it by itself. */
  const opened = async (file) => {
    try {
      return await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    const [image, url] = [new Image(), URL.createObjectURL(file)];
    try {
      image.src = url;
      await image.decode();
      return image;
    } finally {
      URL.revokeObjectURL(url);
    }
  };
  /** A JPEG without what a browser writes beside the picture: Exif, XMP and colour profiles (APP1 to APP13, APP15) and
   * comments (ITU-T T.81, B.1). Some browsers write Exif into what they encode. */
  const plain = (jpeg) => {
    const kept = [jpeg.subarray(0, 2)];
    let at = 2;
    while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== 0xda) {
      const [marker, end] = [jpeg[at + 1], at + 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3])];
      const beside = marker === 0xfe || (marker >= 0xe1 && marker <= 0xef && marker !== 0xee);
      if (!beside) kept.push(jpeg.subarray(at, end));
      at = end;
    }
    kept.push(jpeg.subarray(at));
    const whole = new Uint8Array(kept.reduce((sum, piece) => sum + piece.length, 0));
    kept.reduce((place, piece) => (whole.set(piece, place), place + piece.length), 0);
    return whole;
  };
  return {
    /** The bytes of a JPEG of at most so many bytes and so many pixels on its longer side; undefined where the file is no
     * picture. */
    async make(file, bytes, side) {
      let bitmap;
      try {
        bitmap = await opened(file);
      } catch {
        return undefined;
      }
      try {
        for (; side >= 200; side = Math.floor(side * 0.75)) {
          const canvas = drawn(bitmap, side);
          for (const quality of [0.82, 0.7, 0.55]) {
            const made = await encoded(canvas, quality);
            if (made && made.size <= bytes) return plain(new Uint8Array(await made.arrayBuffer()));
          }
        }
        return undefined;
      } finally {
        bitmap.close?.();
      }
    },
  };
})();
