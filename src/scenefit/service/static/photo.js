/** A file becomes a photo: upright, at most 1280 pixels, JPEG, without the place and time that cameras write into it. */

import { Trouble } from "./api.js";

export const SIDE = 1280;
export const MOST = 6;
const LARGEST = 60e6;
const QUALITY = 0.9;

/** Read a picture file (File or Blob): {blob, canvas, width, height, name}. Throws a Trouble. */
export async function readPhoto(file, name = file.name || "your photo") {
  if (file.size > LARGEST) throw new Trouble("large");
  const canvas = await upright(file);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) throw new Trouble("picture");
  return { blob, canvas, width: canvas.width, height: canvas.height, name };
}

async function upright(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Trouble(/hei[cf]/i.test(`${file.type} ${file.name}`) ? "heic" : "picture");
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

/** Draw a photo into a canvas of at most `side` pixels each way; or, `square`, its middle. */
export function drawPhoto(canvas, photo, side, square = false) {
  const { width, height } = photo;
  const least = Math.min(width, height);
  const [w, h] = square ? [least, least] : [width, height];
  const scale = Math.min(1, side / Math.max(w, h));
  canvas.width = Math.round(w * scale);
  canvas.height = Math.round(h * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(photo.canvas, (width - w) / 2, (height - h) / 2, w, h, 0, 0, canvas.width, canvas.height);
}
