/** Where the model looked: grid x grid cells that sum to 1, drawn smoothly over the part of the photo it saw. */

const HEAT = [255, 98, 40];
const SHADE = [16, 11, 8];
const SIDE = 56;
const SPREAD = 0.6;

/** Give the cells as SIDE x SIDE strengths in [0, 1], smoothed by a Gaussian of SPREAD cells, least to most. */
export function smooth({ grid, cells }) {
  const weights = [];
  for (let place = 0; place < SIDE; place++) {
    const middle = ((place + 0.5) / SIDE) * grid - 0.5;
    const row = Array.from({ length: grid }, (_, cell) => Math.exp(-((cell - middle) ** 2) / (2 * SPREAD ** 2)));
    const sum = row.reduce((a, b) => a + b);
    weights.push(row.map((weight) => weight / sum));
  }
  const dot = (row, at) => row.reduce((sum, weight, cell) => sum + weight * at(cell), 0);
  const across = Array.from({ length: grid }, (_, y) => weights.map((row) => dot(row, (x) => cells[y * grid + x])));
  const all = weights.flatMap((row) => weights.map((_, x) => dot(row, (y) => across[y][x])));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return all.map((value) => (high > low ? (value - low) / (high - low) : 0));
}

function coloured(strengths) {
  const image = new ImageData(SIDE, SIDE);
  strengths.forEach((strength, place) => {
    const [warm, dark] = [0.56 * strength ** 2, 0.62 * (1 - strength) ** 1.3];
    const alpha = warm + dark * (1 - warm);
    const mixed = HEAT.map((heat, c) => (heat * warm + SHADE[c] * dark * (1 - warm)) / (alpha || 1));
    image.data.set([...mixed, alpha * 255], place * 4);
  });
  return image;
}

/** Draw over a canvas that lies on the photo; `view` is [left, top, right, bottom] of what was looked at. */
export function drawHeat(canvas, attention, [left, top, right, bottom]) {
  const small = document.createElement("canvas");
  small.width = small.height = SIDE;
  small.getContext("2d").putImageData(coloured(smooth(attention)), 0, 0);
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const place = [left * width, top * height, (right - left) * width, (bottom - top) * height].map(Math.round);
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(...place);
  context.fillStyle = `rgb(${SHADE.join(" ")} / 0.6)`;
  context.fill("evenodd");
  context.restore();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, ...place);
}

/** Say in words where it is strongest: "the upper left", "the middle". */
export function whereabouts({ grid, cells }, [left, top, right, bottom]) {
  const most = cells.indexOf(Math.max(...cells));
  const x = left + ((most % grid) + 0.5) * ((right - left) / grid);
  const y = top + (Math.floor(most / grid) + 0.5) * ((bottom - top) / grid);
  const word = (at, words) => words[Math.min(2, Math.floor(at * 3))];
  const [row, column] = [word(y, ["upper", "middle", "lower"]), word(x, ["left", "middle", "right"])];
  if (row === "middle") return column === "middle" ? "the middle" : `the ${column} side`;
  return `the ${row} ${column === "middle" ? "part" : column}`;
}
