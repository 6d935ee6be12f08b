/**
 * The digits on circles, drawn as strokes: they look alike on every computer, whatever fonts it has.
 */

// In a box one unit high around (0, 0); the stroke is WEIGHT wide.
const STROKES = [
    'M-.21-.2A.21.215 0 0 1 .21-.2V.2A.21.215 0 0 1-.21.2Z',
    'M-.14-.3L.03-.415V.415',
    'M-.2-.23C-.19-.35-.11-.415.005-.415C.13-.415.21-.335.21-.22C.21-.12.16-.05.07.05L-.22.415H.23',
    'M-.2-.29C-.16-.37-.09-.415 0-.415C.12-.415.195-.34.195-.235C.195-.12.12-.045-.04-.045C.13-.045.22.05.22.18C.22.32.13.415 0 .415' +
        'C-.11.415-.19.36-.22.265',
    'M.1.415V-.415L-.25.19H.25',
    'M.19-.415H-.14L-.18-.06C-.12-.1-.07-.115-.01-.115C.13-.115.22-.01.22.14C.22.3.13.415-.01.415C-.11.415-.19.365-.22.275',
    'M.09-.415L-.17.04M.22.19A.22.225 0 1 1-.22.19A.22.225 0 1 1 .22.19Z',
    'M-.22-.415H.22L-.07.415',
    'M.185-.22A.185.195 0 1 1-.185-.22A.185.195 0 1 1 .185-.22ZM.22.19A.22.225 0 1 1-.22.19A.22.225 0 1 1 .22.19Z',
    'M-.09.415L.17-.04M.22-.19A.22.225 0 1 1-.22-.19A.22.225 0 1 1 .22-.19Z',
];
const WEIGHT = 0.165,
    GAP = 0.07;
const WIDTHS = STROKES.map((_, digit) => (digit === 1 ? 0.42 : 0.44 + WEIGHT));

/** @type {Path2D[]} */
let paths = [];

/**
 * How wide a number is, in heights of a digit.
 * @param {number} number
 */
export function numberWidth(number) {
    const digits = [...String(number)].map(Number);
    return digits.reduce((sum, digit) => sum + WIDTHS[digit], (digits.length - 1) * GAP);
}

/**
 * Draws a number, centred.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {number} number
 * @param {number} x
 * @param {number} y
 * @param {number} height
 */
export function drawNumber(context, number, x, y, height) {
    if (!paths.length) paths = STROKES.map((stroke) => new Path2D(stroke));
    context.save();
    context.translate(x, y);
    context.scale(height, height);
    context.lineWidth = WEIGHT;
    context.lineCap = context.lineJoin = 'round';
    context.translate(-numberWidth(number) / 2, 0);
    for (const digit of [...String(number)].map(Number)) {
        context.translate(WIDTHS[digit] / 2, 0);
        context.stroke(paths[digit]);
        context.translate(WIDTHS[digit] / 2 + GAP, 0);
    }
    context.restore();
}
