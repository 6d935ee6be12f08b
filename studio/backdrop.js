/**
 * What lies under the objects: the field's edge, the grid, what a 4:3 screen shows; the light of kiai; the
 * clock of a break.
 *
 * @typedef {import("./field.js").View} View
 */
import {clamp, easeOut, share} from './motion.js';
import {drawNumber} from './numerals.js';
import {ACCENT, withAlpha} from './tints.js';

export const FIELD_WIDTH = 512,
    FIELD_HEIGHT = 384;
/**
 * The game's 640 × 480 screen around the field: left, top, width, height. The field lies 8 px below the
 * middle.
 */
export const SCREEN = [-64, -56, 640, 480];

const SYSTEM_FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';

/**
 * @param {View} view
 * @param {number} grid osu! px between two lines; 0: none
 * @param {boolean} screen
 */
export function drawGround(view, grid, screen) {
    const {context, hair} = view;
    context.globalAlpha = 1;
    context.beginPath();
    context.roundRect(0, 0, FIELD_WIDTH, FIELD_HEIGHT, 6);
    context.fillStyle = 'rgba(255,255,255,0.022)';
    context.fill();
    context.strokeStyle = 'rgba(255,255,255,0.10)';
    context.lineWidth = hair;
    context.stroke();
    if (grid > 0) drawGrid(view, grid);
    if (screen) drawScreen(view);
}

/** @param {View} view @param {number} grid */
function drawGrid(view, grid) {
    const {context, hair} = view;
    context.beginPath();
    // Out from the middle, as the game's editor lays it.
    for (let x = (FIELD_WIDTH / 2) % grid; x <= FIELD_WIDTH; x += grid) {
        context.moveTo(x, 0);
        context.lineTo(x, FIELD_HEIGHT);
    }
    for (let y = (FIELD_HEIGHT / 2) % grid; y <= FIELD_HEIGHT; y += grid) {
        context.moveTo(0, y);
        context.lineTo(FIELD_WIDTH, y);
    }
    context.lineWidth = hair;
    context.strokeStyle = 'rgba(255,255,255,0.065)';
    context.stroke();
    context.beginPath();
    context.moveTo(FIELD_WIDTH / 2, 0);
    context.lineTo(FIELD_WIDTH / 2, FIELD_HEIGHT);
    context.moveTo(0, FIELD_HEIGHT / 2);
    context.lineTo(FIELD_WIDTH, FIELD_HEIGHT / 2);
    context.strokeStyle = 'rgba(255,255,255,0.16)';
    context.stroke();
}

/** @param {View} view */
function drawScreen(view) {
    const {context, hair} = view;
    const [left, top, width, height] = SCREEN;
    context.setLineDash([6, 5]);
    context.lineWidth = 1.5 * hair;
    context.strokeStyle = 'rgba(255,255,255,0.28)';
    context.strokeRect(left, top, width, height);
    context.setLineDash([]);
    context.font = `600 ${Math.max(8, 11 * hair)}px ${SYSTEM_FONT}`;
    context.fillStyle = 'rgba(255,255,255,0.4)';
    context.textAlign = 'left';
    context.textBaseline = 'top';
    context.fillText('4:3', left + 6, top + 5);
}

/**
 * Light from both sides with every beat of a kiai, in turns; steady where little motion is asked for.
 * @param {View} view
 * @param {number} left the edges of the canvas, osu! px
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 */
export function drawKiai(view, left, top, right, bottom) {
    if (!view.kiai || view.plain) return;
    const {context, beat} = view,
        width = (right - left) * 0.16;
    const strength = view.calm ? 0.07 : 0.05 + 0.17 * (1 - easeOut(beat.progress));
    const strong = beat.number % 2 === 0;
    context.globalAlpha = 1;
    for (const side of [-1, 1]) {
        const edge = side < 0 ? left : right;
        const light = context.createLinearGradient(edge, 0, edge - side * width, 0);
        light.addColorStop(0, withAlpha(ACCENT, side < 0 === strong ? strength : strength * 0.55));
        light.addColorStop(1, withAlpha(ACCENT, 0));
        context.fillStyle = light;
        context.fillRect(side < 0 ? left : right - width, top, width, bottom - top);
    }
}

/**
 * How long a break still goes on.
 * @param {View} view
 * @param {[number, number]} span
 */
export function drawBreak(view, [from, to]) {
    if (view.plain || to - from < 600) return;
    const {context, time} = view;
    const alpha = Math.min(share(time, from, 300), 1 - share(time, to - 300, 300));
    const left = clamp((to - time) / (to - from)),
        middle = FIELD_WIDTH / 2,
        y = FIELD_HEIGHT / 2;
    context.globalAlpha = alpha;
    context.lineCap = 'round';
    context.lineWidth = 5;
    for (const [half, colour] of /** @type {[number, string][]} */ ([
        [110, 'rgba(255,255,255,0.12)'],
        [110 * left, '#fff'],
    ])) {
        context.beginPath();
        context.moveTo(middle - half, y);
        context.lineTo(middle + half, y);
        context.strokeStyle = colour;
        context.stroke();
    }
    context.strokeStyle = '#fff';
    drawNumber(context, Math.ceil((to - time) / 1000), middle, y - 28, 26);
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    context.font = `500 12px ${SYSTEM_FONT}`;
    context.fillStyle = 'rgba(255,255,255,0.55)';
    context.fillText('break', middle, y + 26);
}
