// Songs made for the tests: archives written and read here, a tone, maps of a few lines.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inflateRawSync} from 'node:zlib';
import {zipped} from '../../studio/zip.js';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

export const waltz = readFileSync(join(examples, 'waltz.osu'), 'utf8').replace(/\r/g, '');

/** A tone of so many seconds, 8 kHz, 8 bits. */
export function wave(seconds) {
    const count = 8000 * seconds;
    const bytes = Buffer.alloc(44 + count);
    bytes.write('RIFF', 0);
    bytes.writeUInt32LE(36 + count, 4);
    bytes.write('WAVEfmt ', 8);
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(1, 22);
    bytes.writeUInt32LE(8000, 24);
    bytes.writeUInt32LE(8000, 28);
    bytes.writeUInt16LE(1, 32);
    bytes.writeUInt16LE(8, 34);
    bytes.write('data', 36);
    bytes.writeUInt32LE(count, 40);
    for (let at = 0; at < count; at++) bytes[44 + at] = 128 + Math.round(20 * Math.sin(at / 3));
    return bytes;
}

/** A map: circles of [x, y, ms], 120 beats a minute. */
export function mapOf(circles, {mode = 0, version = 'Signs', audio = 'tone.wav', title = 'Signs'} = {}) {
    return [
        'osu file format v14',
        '',
        '[General]',
        `AudioFilename: ${audio}`,
        `Mode: ${mode}`,
        'StackLeniency: 0.7',
        '',
        '[Metadata]',
        `Title:${title}`,
        'Artist:The tests',
        'Creator:osu-diffusion.cpp',
        `Version:${version}`,
        'BeatmapID:0',
        'BeatmapSetID:-1',
        '',
        '[Difficulty]',
        'HPDrainRate:5',
        'CircleSize:4',
        'OverallDifficulty:6',
        'ApproachRate:9',
        'SliderMultiplier:1.4',
        'SliderTickRate:1',
        '',
        '[TimingPoints]',
        '0,500,4,2,0,60,1,0',
        '',
        '[Colours]',
        'Combo1 : 40,220,90',
        '',
        '[HitObjects]',
        ...circles.map(([x, y, time], index) => `${x},${y},${time},${index % 4 === 0 ? 5 : 1},0,0:0:0:0:`),
        '',
    ].join('\n');
}

/** Two far corners, three seconds apart: what is seen when cannot be mistaken. */
export const signs = [
    [64, 64, 2000],
    [448, 320, 5000],
    [64, 320, 8000],
    [448, 64, 11000],
];

/** A map of so many objects, of which every third is a slider, a beat or half of one apart. @param {number} count */
export function steadyMap(count) {
    const lines = [];
    for (let at = 0, time = 1000; at < count; at++) {
        const [x, y] = [256 + Math.round(180 * Math.cos(at / 3)), 192 + Math.round(130 * Math.sin(at / 4.3))];
        const end = [x > 256 ? x - 70 : x + 70, y > 192 ? y - 20 : y + 20];
        const combo = at % 4 === 0 ? 4 : 0;
        if (at % 3 < 2) lines.push(`${x},${y},${time},${1 + combo},0,0:0:0:0:`);
        else lines.push(`${x},${y},${time},${2 + combo},0,B|${(x + end[0]) / 2}:${y}|${end.join(':')},1,70`);
        time += at % 3 === 2 ? 500 : 250;
    }
    return mapOf([], {title: 'Steady', version: `${count} objects`}) + lines.join('\n') + '\n';
}

/** @param {Record<string, string | Buffer>} files @returns {Promise<Buffer>} */
export async function archive(files) {
    const list = Object.entries(files).map(([path, content]) => ({path, file: new Blob([content])}));
    return Buffer.from(await (await zipped(/** @type {any} */ (list))).arrayBuffer());
}

/** @param {Buffer} bytes of an archive @returns {Map<string, Buffer>} its entries, unpacked, in order */
export function entriesOf(bytes) {
    const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    const entries = new Map();
    let at = bytes.readUInt32LE(end + 16);
    for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
        const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
        const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
        const packed = bytes.readUInt32LE(at + 20);
        const local = bytes.readUInt32LE(at + 42);
        const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
        const content = bytes.subarray(begin, begin + packed);
        entries.set(name, bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(content) : content);
        at += 46 + nameLength + extra + comment;
    }
    return entries;
}
