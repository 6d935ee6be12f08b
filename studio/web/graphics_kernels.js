/**
 * The operations of the network as WGSL, for studio/web/graphics.js: plain tiles, float32 throughout. Each takes its sizes
 * from a uniform of eight numbers; N rows of tokens, h the hidden size.
 */

/** Rows, and columns, of a product that a workgroup makes; each of its 16 × 16 threads makes 4 × 4 of them. */
export const TILE = 64;
/** Queries that a workgroup attends for, one a thread; and keys that it has at hand at a time. */
export const QUERIES = 64;
const KEYS = 16;
/** Threads that share a row of the norm; rows lie side by side, and then (as graphics.js counts) in lines of 32,768. */
const NORM = 64;

/** y (rows, out) = x (rows, in) · Wᵀ + bias, with GELU behind it or not. @param {boolean} gelu */
export const product = (gelu) => /* wgsl */ `
struct Sizes { rows: u32, inputs: u32, outputs: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>; // (out, in)
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const depth = 16u;
var<workgroup> left: array<array<f32, ${TILE}>, depth>;
var<workgroup> right: array<array<f32, ${TILE}>, depth>;

fn finish(value: f32) -> f32 {
    ${gelu ? 'return value / (1.0 + exp(-1.5957691216057308 * (value + 0.044715 * value * value * value)));' : 'return value;'}
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) at: vec3u,
        @builtin(local_invocation_index) index: u32) {
    let row = group.y * ${TILE}u;
    let column = group.x * ${TILE}u;
    var sums: array<vec4f, 4>;
    for (var k = 0u; k < sizes.inputs; k += depth) {
        for (var i = index; i < depth * ${TILE}u; i += 256u) {
            let line = i / depth;
            let inner = k + i % depth;
            let inside = inner < sizes.inputs;
            left[i % depth][line] = 0.0;
            right[i % depth][line] = 0.0;
            if (inside && row + line < sizes.rows) {
                left[i % depth][line] = x[(row + line) * sizes.inputs + inner];
            }
            if (inside && column + line < sizes.outputs) {
                right[i % depth][line] = weight[(column + line) * sizes.inputs + inner];
            }
        }
        workgroupBarrier();
        for (var j = 0u; j < depth; j++) {
            let four = vec4f(right[j][at.x], right[j][at.x + 16u], right[j][at.x + 32u], right[j][at.x + 48u]);
            for (var r = 0u; r < 4u; r++) {
                sums[r] += left[j][at.y + 16u * r] * four;
            }
        }
        workgroupBarrier();
    }
    for (var r = 0u; r < 4u; r++) {
        for (var c = 0u; c < 4u; c++) {
            let n = row + at.y + 16u * r;
            let o = column + at.x + 16u * c;
            if (n < sizes.rows && o < sizes.outputs) {
                y[n * sizes.outputs + o] = finish(sums[r][c] + bias[o]);
            }
        }
    }
}`;

/**
 * x ← x + gate · branch (but for the first norm of all), y ← LayerNorm(x) · (1 + scale) + shift. Gate, shift and scale
 * are columns of the modulation, a row of it for so many tokens.
 */
export const norm = /* wgsl */ `
struct Sizes { hidden: u32, tokens: u32, width: u32, adds: u32, gate: u32, shift: u32, scale: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> modulation: array<f32>;
@group(0) @binding(2) var<storage, read> branch: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

var<workgroup> parts: array<f32, ${NORM}>;

fn sum(value: f32, at: u32) -> f32 {
    workgroupBarrier();
    parts[at] = value;
    workgroupBarrier();
    for (var half = ${NORM / 2}u; half > 0u; half /= 2u) {
        if (at < half) { parts[at] += parts[at + half]; }
        workgroupBarrier();
    }
    return parts[0];
}

@compute @workgroup_size(${NORM})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) at: u32) {
    let n = group.x + group.y * 32768u;
    let first = n * sizes.hidden;
    let modulated = n / sizes.tokens * sizes.width;
    let inside = n < sizes.rows;
    var total = 0.0;
    for (var i = at; inside && i < sizes.hidden; i += ${NORM}u) {
        if (sizes.adds != 0u) {
            x[first + i] += modulation[modulated + sizes.gate + i] * branch[first + i];
        }
        total += x[first + i];
    }
    let mean = sum(total, at) / f32(sizes.hidden);
    var squares = 0.0;
    for (var i = at; inside && i < sizes.hidden; i += ${NORM}u) {
        let centred = x[first + i] - mean;
        squares += centred * centred;
    }
    let deviation = sqrt(sum(squares, at) / f32(sizes.hidden) + 1e-6);
    for (var i = at; inside && i < sizes.hidden; i += ${NORM}u) {
        let normal = (x[first + i] - mean) / deviation;
        y[first + i] = normal * (1.0 + modulation[modulated + sizes.scale + i])
            + modulation[modulated + sizes.shift + i];
    }
}`;

/**
 * A query q sees the keys k of its row with q − band < k ≤ q + band (band 0: all). The softmax goes along the keys:
 * what was summed is scaled down where a larger score comes.
 * @param {number} size of a head
 */
export const attention = (size) => /* wgsl */ `
struct Sizes { tokens: u32, heads: u32, band: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> qkv: array<f32>; // (N, 3h)
@group(0) @binding(2) var<storage, read_write> attended: array<f32>; // (N, h)

var<workgroup> keys: array<array<f32, ${size}>, ${KEYS}>;
var<workgroup> values: array<array<f32, ${size}>, ${KEYS}>;

@compute @workgroup_size(${QUERIES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) at: u32) {
    let hidden = sizes.heads * ${size}u;
    let head = group.y * ${size}u;
    let base = group.z * sizes.tokens;
    let begin = group.x * ${QUERIES}u;
    let q = begin + at;
    let inside = q < sizes.tokens;
    let own = (base + min(q, sizes.tokens - 1u)) * 3u * hidden + head;
    var query: array<f32, ${size}>;
    var sums: array<f32, ${size}>;
    for (var i = 0u; i < ${size}u; i++) {
        query[i] = qkv[own + i] * ${1 / Math.sqrt(size)};
        sums[i] = 0.0;
    }
    var largest = -1e30;
    var total = 0.0;
    var first = 0u;
    var last = sizes.tokens;
    if (sizes.band > 0u) {
        first = max(begin + 1u, sizes.band) - sizes.band;
        last = min(sizes.tokens, begin + ${QUERIES}u + sizes.band);
    }
    for (var k = first; k < last; k += ${KEYS}u) {
        workgroupBarrier();
        for (var i = at; i < ${KEYS * size}u; i += ${QUERIES}u) {
            let key = min(k + i / ${size}u, sizes.tokens - 1u);
            let place = (base + key) * 3u * hidden + head + i % ${size}u;
            keys[i / ${size}u][i % ${size}u] = qkv[place + hidden];
            values[i / ${size}u][i % ${size}u] = qkv[place + 2u * hidden];
        }
        workgroupBarrier();
        for (var j = 0u; j < ${KEYS}u; j++) {
            let key = k + j;
            let seen = sizes.band == 0u || (q < key + sizes.band && key <= q + sizes.band);
            if (!inside || key >= last || !seen) { continue; }
            var score = 0.0;
            for (var i = 0u; i < ${size}u; i++) { score += query[i] * keys[j][i]; }
            if (score > largest) {
                let less = exp(largest - score);
                for (var i = 0u; i < ${size}u; i++) { sums[i] *= less; }
                total *= less;
                largest = score;
            }
            let weight = exp(score - largest);
            total += weight;
            for (var i = 0u; i < ${size}u; i++) { sums[i] += weight * values[j][i]; }
        }
    }
    if (inside) {
        for (var i = 0u; i < ${size}u; i++) { attended[(base + q) * hidden + head + i] = sums[i] / total; }
    }
}`;
