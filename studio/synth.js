/**
 * Hit sounds made by sums, for maps that bring none of their own. Each is a function of the sample rate to
 * mono samples in
 * [-1, 1]; the same every time, for noise comes from a seed.
 *
 * @typedef {import("./types.js").SampleSet} SampleSet
 * @typedef {"hitnormal" | "hitwhistle" | "hitfinish" | "hitclap" | "slidertick" | "sliderslide" |
 * "sliderwhistle"} SoundKind
 */

/** Length of a loop, s: whole periods of everything in it. */
const LOOP = 1;

/**
 * @param {SampleSet} set
 * @param {SoundKind} kind
 * @param {number} rate samples a second
 * @returns {Float32Array}
 */
export function synthesise(set, kind, rate) {
    switch (kind) {
        case 'hitnormal':
            return HITS[set](rate);
        case 'hitwhistle':
            return WHISTLES[set](rate);
        case 'hitfinish':
            return FINISHES[set](rate);
        case 'hitclap':
            return CLAPS[set](rate);
        case 'slidertick':
            return TICKS[set](rate);
        case 'sliderslide':
            return slide(rate, set);
        case 'sliderwhistle':
            return slideWhistle(rate, set);
    }
}

/** @type {Record<SampleSet, (rate: number) => Float32Array>} */
const HITS = {
    // A stick on a rim: a click with a little wood in it.
    normal: (rate) =>
        mix(rate, 0.14, [
            [tone(rate, 0.14, 410, 300, 0.03), 0.55],
            [noise(rate, 0.14, 1, 1900, 0.016), 0.9],
        ]),
    // A fingertip: round, without an edge.
    soft: (rate) =>
        mix(rate, 0.14, [
            [tone(rate, 0.14, 700, 430, 0.028), 0.6],
            [noise(rate, 0.14, 2, 3800, 0.009), 0.35],
        ]),
    // A small tom.
    drum: (rate) =>
        mix(rate, 0.3, [
            [tone(rate, 0.3, 210, 92, 0.085), 0.95],
            [noise(rate, 0.3, 3, 900, 0.012), 0.5],
        ]),
};

/** @type {Record<SampleSet, (rate: number) => Float32Array>} */
const WHISTLES = {
    normal: (rate) =>
        mix(rate, 0.3, [
            [tone(rate, 0.3, 2350, 2350, 0.075), 0.4],
            [tone(rate, 0.3, 3130, 3130, 0.05), 0.2],
        ]),
    soft: (rate) =>
        mix(rate, 0.45, [
            [tone(rate, 0.45, 1568, 1568, 0.11), 0.4],
            [tone(rate, 0.45, 3951, 3951, 0.05), 0.14],
        ]),
    drum: (rate) =>
        mix(rate, 0.25, [
            [tone(rate, 0.25, 845, 835, 0.05), 0.4],
            [tone(rate, 0.25, 562, 556, 0.06), 0.4],
        ]),
};

/** @type {Record<SampleSet, (rate: number) => Float32Array>} */
const FINISHES = {
    normal: (rate) =>
        mix(rate, 1.1, [
            [noise(rate, 1.1, 4, 6200, 0.26), 1.1],
            [noise(rate, 1.1, 5, 3100, 0.12), 0.5],
        ]),
    soft: (rate) =>
        mix(rate, 0.9, [
            [noise(rate, 0.9, 6, 8200, 0.2), 0.95],
            [tone(rate, 0.9, 4210, 4210, 0.06), 0.06],
        ]),
    drum: (rate) =>
        mix(rate, 0.9, [
            [noise(rate, 0.9, 7, 5200, 0.18), 0.9],
            [tone(rate, 0.9, 130, 62, 0.14), 0.7],
        ]),
};

/** @type {Record<SampleSet, (rate: number) => Float32Array>} */
const CLAPS = {
    // Several hands that are not quite together.
    normal: (rate) =>
        mix(rate, 0.26, [
            [noise(rate, 0.26, 8, 1350, 0.007), 0.8],
            [later(rate, 0.011, noise(rate, 0.26, 9, 1350, 0.007)), 0.8],
            [later(rate, 0.022, noise(rate, 0.26, 10, 1250, 0.045)), 1.1],
        ]),
    soft: (rate) =>
        mix(rate, 0.2, [
            [noise(rate, 0.2, 11, 2300, 0.006), 0.6],
            [later(rate, 0.009, noise(rate, 0.2, 12, 2100, 0.03)), 0.85],
        ]),
    // A snare.
    drum: (rate) =>
        mix(rate, 0.24, [
            [noise(rate, 0.24, 13, 2700, 0.05), 0.9],
            [tone(rate, 0.24, 240, 175, 0.04), 0.6],
        ]),
};

/** @type {Record<SampleSet, (rate: number) => Float32Array>} */
const TICKS = {
    normal: (rate) => mix(rate, 0.05, [[tone(rate, 0.05, 1250, 1100, 0.008), 0.5]]),
    soft: (rate) => mix(rate, 0.06, [[tone(rate, 0.06, 930, 860, 0.01), 0.45]]),
    drum: (rate) => mix(rate, 0.08, [[tone(rate, 0.08, 380, 300, 0.014), 0.6]]),
};

/**
 * A decaying tone that glides from one pitch to another in its first moments.
 * @param {number} rate
 * @param {number} seconds
 * @param {number} from Hz
 * @param {number} to Hz
 * @param {number} decay s until 1/e is left
 */
function tone(rate, seconds, from, to, decay) {
    const samples = new Float32Array(Math.ceil(seconds * rate));
    let phase = 0;
    for (let i = 0; i < samples.length; ++i) {
        const t = i / rate;
        phase += (2 * Math.PI * (to + (from - to) * Math.exp(-t / 0.018))) / rate;
        // The first half millisecond rises, or a loudspeaker would click.
        samples[i] = Math.sin(phase) * Math.exp(-t / decay) * Math.min(1, t / 0.0005);
    }
    return samples;
}

/**
 * Decaying noise around a pitch.
 * @param {number} rate
 * @param {number} seconds
 * @param {number} seed
 * @param {number} pitch Hz
 * @param {number} decay s
 */
function noise(rate, seconds, seed, pitch, decay) {
    const samples = band(white(Math.ceil(seconds * rate), seed), rate, pitch, 0.9);
    for (let i = 0; i < samples.length; ++i) samples[i] *= Math.exp(-i / rate / decay);
    return samples;
}

/** @param {number} count @param {number} seed */
function white(count, seed) {
    const samples = new Float32Array(count);
    let state = Math.imul(seed + 1, 2654435761) >>> 0;
    for (let i = 0; i < count; ++i) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        samples[i] = state / 2147483648 - 1;
    }
    return samples;
}

/**
 * A band-pass of two poles in the state-variable form (A. Simper, 2013).
 * @param {Float32Array} samples changed in place
 * @param {number} rate
 * @param {number} pitch Hz
 * @param {number} sharpness Q
 */
function band(samples, rate, pitch, sharpness) {
    const g = Math.tan((Math.PI * Math.min(pitch, rate * 0.45)) / rate),
        k = 1 / sharpness;
    const a = 1 / (1 + g * (g + k));
    let first = 0,
        second = 0;
    for (let i = 0; i < samples.length; ++i) {
        const high = samples[i] - second;
        const middle = a * (first + g * high),
            low = second + g * middle;
        first = 2 * middle - first;
        second = 2 * low - second;
        samples[i] = middle * k * 1.6;
    }
    return samples;
}

/** @param {number} rate @param {number} seconds @param {Float32Array} samples */
function later(rate, seconds, samples) {
    const moved = new Float32Array(samples.length),
        by = Math.round(seconds * rate);
    moved.set(samples.subarray(0, samples.length - by), by);
    return moved;
}

/**
 * The sum of parts, bent softly below 1, silent at its end.
 * @param {number} rate
 * @param {number} seconds
 * @param {[Float32Array, number][]} parts
 */
function mix(rate, seconds, parts) {
    const samples = new Float32Array(Math.ceil(seconds * rate)),
        out = Math.min(samples.length, Math.round(0.01 * rate));
    for (const [part, gain] of parts) {
        for (let i = 0; i < samples.length; ++i) samples[i] += gain * part[i];
    }
    for (let i = 0; i < samples.length; ++i) {
        samples[i] = Math.tanh(samples[i]) * Math.min(1, (samples.length - i) / out);
    }
    return samples;
}

/**
 * The rustle of a held slider, a loop.
 * @param {number} rate
 * @param {SampleSet} set
 */
function slide(rate, set) {
    const count = Math.round(LOOP * rate),
        overlap = Math.round(0.1 * rate);
    const long = band(
        white(count + overlap, 20),
        rate,
        set === 'drum' ? 420 : set === 'soft' ? 900 : 1300,
        0.8,
    );
    // What runs past the end is faded into the beginning, so that the seam is not heard.
    for (let i = 0; i < overlap; ++i) {
        const share = i / overlap;
        long[i] = long[i] * Math.sqrt(share) + long[count + i] * Math.sqrt(1 - share);
    }
    return long.slice(0, count).map((value) => 0.35 * value);
}

/** @param {number} rate @param {SampleSet} set */
function slideWhistle(rate, set) {
    const pitch = set === 'drum' ? 520 : set === 'soft' ? 784 : 1046;
    return new Float32Array(Math.round(LOOP * rate)).map((_, i) => {
        const t = i / rate,
            swell = 0.75 + 0.25 * Math.sin(2 * Math.PI * 6 * t);
        return 0.16 * swell * Math.sin(2 * Math.PI * pitch * t);
    });
}
