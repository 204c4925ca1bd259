// SPDX-License-Identifier: Apache-2.0
// The picture of whoever has no camera, or does not want to use it here: somebody at a window, with a clock that goes.

function shape(pen: CanvasRenderingContext2D, colour: string, path: string, x = 0, y = 0): void {
  pen.save();
  pen.translate(x, y);
  pen.fillStyle = colour;
  pen.fill(new Path2D(path));
  pen.restore();
}

/** @param seconds since the beginning: what moves, moves by it */
export function drawScene(pen: CanvasRenderingContext2D, seconds: number): void {
  const { width, height } = pen.canvas;
  pen.save();
  pen.scale(width / 320, height / 180);
  const wall = pen.createLinearGradient(0, 0, 320, 180);
  wall.addColorStop(0, '#b9aa96');
  wall.addColorStop(1, '#8e806e');
  pen.fillStyle = wall;
  pen.fillRect(0, 0, 320, 180);
  shape(pen, '#d8ccb6', 'M210 0h110v112h-110z');
  const sway = Math.sin(seconds * 1.4);
  shape(
    pen,
    '#6f8f63',
    'M0 0c-16-8-24-26-20-44 14 6 22 24 20 44zm0 0c4-18 18-30 36-30-4 18-18 30-36 30z',
    42,
    118 + sway,
  );
  shape(pen, '#a4623c', 'M-18 0h36l-5 40h-26z', 42, 122);
  const head = sway * 2;
  shape(pen, '#2c1d19', 'M-40 76c-6-40-6-92 40-92s46 52 40 92z', 160 + head, 72);
  shape(pen, '#d79b74', 'M-14 44h28v30h-28z', 160 + head, 72);
  shape(pen, '#6d2437', 'M-74 60c4-34 34-44 74-44s70 10 74 44z', 160, 126);
  shape(pen, '#e0a981', 'M-28 0c0-30 12-40 28-40s28 10 28 40-12 44-28 44-28-14-28-44z', 160 + head, 76);
  shape(pen, '#2c1d19', 'M-30-6c0-30 14-38 32-38 16 0 28 8 28 34-14-4-26-14-32-24-6 14-16 22-28 28z', 160 + head, 72);
  const lid = Math.abs(Math.sin(seconds * 0.9)) < 0.06 ? 0.6 : 3;
  for (const side of [-11, 11]) {
    pen.beginPath();
    pen.ellipse(160 + head + side, 80, 2.6, lid, 0, 0, 7);
    pen.fillStyle = '#1c1512';
    pen.fill();
  }
  pen.beginPath();
  pen.arc(160 + head, 94, 9, 0.35, Math.PI - 0.35);
  pen.lineWidth = 3;
  pen.strokeStyle = '#8e4a40';
  pen.stroke();
  drawClock(pen, seconds);
  pen.restore();
}

function drawClock(pen: CanvasRenderingContext2D, seconds: number): void {
  pen.save();
  pen.translate(266, 44);
  pen.beginPath();
  pen.arc(0, 0, 22, 0, 7);
  pen.fillStyle = '#f4efe6';
  pen.fill();
  pen.lineCap = 'round';
  pen.strokeStyle = '#3b3f46';
  for (const [angle, length, width] of [
    [seconds / 10, 15, 2.5],
    [seconds * 1.2, 18, 1.5],
  ] as const) {
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.lineTo(Math.sin(angle) * length, -Math.cos(angle) * length);
    pen.lineWidth = width;
    pen.stroke();
  }
  pen.restore();
}
