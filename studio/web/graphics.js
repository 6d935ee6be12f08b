/**
 * The blocks of the network on a graphics card, by WebGPU: what Network::forward (src/model/network.cpp) does on the
 * processor, from the embedded input to ε̂ and v. Sums are made in another order, so the results differ by roundings.
 */
import {attention, norm, product, QUERIES, TILE} from './graphics_kernels.js';

/** Features that come out for each token. */
const OUTPUTS = 4;
/** Bytes from one dispatch's sizes to the next one's: where every card can begin to read. */
const SLOT = 256;
/** Workgroups side by side, of which no card takes many more. */
const ACROSS = 32768;

/** @typedef {{depth: number, hidden: number, heads: number}} Config */
/** @typedef {{rows: number, tokens: number, band: number}} Shape */
/** @typedef {{weight: GPUBuffer, bias: GPUBuffer, inputs: number, outputs: number}} Layer */
/** @typedef {[number, number, number]} Count */

/** All that is dispatched for inputs of a shape, one after the other, and the memory that it works on. */
class Plan {
    /** @type {{pipeline: GPUComputePipeline, group: GPUBindGroup, count: Count}[]} */
    #dispatches = [];
    /** @type {GPUBuffer[]} */ #buffers = [];

    /** @param {GPUDevice} device @param {Shape} shape @param {Config} config */
    constructor(device, shape, {depth, hidden}) {
        this.device = device;
        this.shape = shape;
        const tokens = shape.rows * shape.tokens;
        const {STORAGE, COPY_DST, COPY_SRC, MAP_READ, UNIFORM} = GPUBufferUsage;
        this.x = this.#floats(tokens * hidden, STORAGE | COPY_DST);
        this.modulation = this.#floats(shape.rows * (6 * depth + 2) * hidden, STORAGE | COPY_DST);
        this.normed = this.#floats(tokens * hidden, STORAGE);
        this.qkv = this.#floats(tokens * 3 * hidden, STORAGE);
        this.attended = this.#floats(tokens * hidden, STORAGE);
        this.wide = this.#floats(tokens * 4 * hidden, STORAGE);
        this.branch = this.#floats(tokens * hidden, STORAGE);
        this.out = this.#floats(tokens * OUTPUTS, STORAGE | COPY_SRC);
        this.read = this.#floats(tokens * OUTPUTS, MAP_READ | COPY_DST);
        this.sizes = this.#floats(((7 * depth + 2) * SLOT) / 4, UNIFORM | COPY_DST);
    }

    /** @param {number} count @param {number} usage */
    #floats(count, usage) {
        const buffer = this.device.createBuffer({size: 4 * count, usage});
        this.#buffers.push(buffer);
        return buffer;
    }

    /**
     * @param {GPUComputePipeline} pipeline
     * @param {number[]} sizes up to eight
     * @param {GPUBuffer[]} buffers
     * @param {Count} count of workgroups
     */
    add(pipeline, sizes, buffers, count) {
        const offset = this.#dispatches.length * SLOT;
        this.device.queue.writeBuffer(
            this.sizes,
            offset,
            new Uint32Array(8).map((_, i) => sizes[i] ?? 0),
        );
        const bound = [{buffer: this.sizes, offset, size: 32}, ...buffers.map((buffer) => ({buffer}))];
        const group = this.device.createBindGroup({
            layout: pipeline.getBindGroupLayout(0),
            entries: bound.map((resource, binding) => ({binding, resource})),
        });
        this.#dispatches.push({pipeline, group, count});
    }

    run() {
        const encoder = this.device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        for (const {pipeline, group, count} of this.#dispatches) {
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, group);
            pass.dispatchWorkgroups(...count);
        }
        pass.end();
        encoder.copyBufferToBuffer(this.out, 0, this.read, 0, this.read.size);
        this.device.queue.submit([encoder.finish()]);
    }

    async result() {
        await this.read.mapAsync(GPUMapMode.READ);
        const result = new Float32Array(this.read.getMappedRange().slice(0));
        this.read.unmap();
        return result;
    }

    destroy() {
        for (const buffer of this.#buffers) buffer.destroy();
    }
}

export class GraphicsNetwork {
    /** @type {Layer[]} qkv, proj, fc1 and fc2 of each block, and the final one */ #layers = [];
    /** @type {Plan | null} */ #plan = null;
    /** @type {GPUComputePipeline} */ #product;
    /** @type {GPUComputePipeline} */ #productGelu;
    /** @type {GPUComputePipeline} */ #norm;
    /** @type {GPUComputePipeline} */ #attention;

    /** @param {GPUDevice} device @param {Config} config @param {GPUComputePipeline[]} pipelines see make() */
    constructor(device, config, pipelines) {
        this.device = device;
        this.config = config;
        [this.#product, this.#productGelu, this.#norm, this.#attention] = pipelines;
    }

    /** The card, if the browser gives one; what it is called. @returns {Promise<{device: GPUDevice, name: string} | null>} */
    static async card() {
        const adapter = await navigator.gpu?.requestAdapter({powerPreference: 'high-performance'});
        if (!adapter) return null;
        const {maxBufferSize, maxStorageBufferBindingSize} = adapter.limits;
        const device = await adapter.requestDevice({
            requiredLimits: {maxBufferSize, maxStorageBufferBindingSize},
        });
        const {description, vendor, architecture} = adapter.info;
        const name = description || [vendor, architecture].filter(Boolean).join(' ');
        return {device, name: name || 'The graphics card'};
    }

    /** A network without its layers. @param {GPUDevice} device @param {Config} config */
    static async make(device, config) {
        const codes = [product(false), product(true), norm, attention(config.hidden / config.heads)];
        const pipelines = codes.map((code) =>
            device.createComputePipelineAsync({
                layout: 'auto',
                compute: {module: device.createShaderModule({code}), entryPoint: 'main'},
            }),
        );
        return new GraphicsNetwork(device, config, await Promise.all(pipelines));
    }

    /** Gives the card's memory back. */
    destroy() {
        this.#plan?.destroy();
        for (const {weight, bias} of this.#layers) for (const buffer of [weight, bias]) buffer.destroy();
    }

    /**
     * The next layer, in the order of #layers. Throws where the card has no room.
     * @param {Float32Array<ArrayBuffer>} weight (out, in)
     * @param {Float32Array<ArrayBuffer>} bias (out)
     */
    async addLayer(weight, bias) {
        const [outputs, inputs] = [bias.length, weight.length / bias.length];
        await this.#checked(() => {
            const put = (/** @type {Float32Array<ArrayBuffer>} */ values) => {
                const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
                const buffer = this.device.createBuffer({size: values.byteLength, usage});
                this.device.queue.writeBuffer(buffer, 0, values);
                return buffer;
            };
            this.#layers.push({weight: put(weight), bias: put(bias), inputs, outputs});
        });
    }

    /**
     * A step. Throws where the card cannot.
     * @param {Shape} shape
     * @param {Float32Array<ArrayBuffer>} input (rows · tokens, hidden)
     * @param {Float32Array<ArrayBuffer>} modulation (rows, (6 depth + 2) hidden)
     * @returns {Promise<Float32Array>} (rows · tokens, 4)
     */
    async step(shape, input, modulation) {
        const plan = await this.#checked(() => {
            const plan = this.#planFor(shape);
            this.device.queue.writeBuffer(plan.x, 0, input);
            this.device.queue.writeBuffer(plan.modulation, 0, modulation);
            plan.run();
            return plan;
        });
        return plan.result();
    }

    /** Throws what the card says of what it is asked. @template T @param {() => T} ask @returns {Promise<T>} */
    async #checked(ask) {
        for (const kind of /** @type {const} */ (['out-of-memory', 'validation']))
            this.device.pushErrorScope(kind);
        const result = ask();
        for (const problem of await Promise.all([this.device.popErrorScope(), this.device.popErrorScope()]))
            if (problem) throw new Error(problem.message);
        return result;
    }

    /** @param {Shape} shape */
    #planFor(shape) {
        const {rows, tokens, band} = this.#plan?.shape ?? {rows: 0, tokens: 0, band: 0};
        if (this.#plan && rows === shape.rows && tokens === shape.tokens && band === shape.band)
            return this.#plan;
        this.#plan?.destroy();
        this.#plan = new Plan(this.device, shape, this.config);
        this.#fill(this.#plan);
        return this.#plan;
    }

    /** As Network::forward does. @param {Plan} plan */
    #fill(plan) {
        const {x, modulation, normed, qkv, attended, wide, branch, out} = plan;
        const {depth, hidden: h, heads} = this.config;
        const {rows, tokens, band} = plan.shape;
        const n = rows * tokens;
        /** By chunks of the modulation, h columns each; nothing is added where there is no gate. */
        const addAndNorm = (/** @type {number} */ gate, /** @type {number} */ shift) => {
            const columns = [Math.max(gate, 0), shift, shift + 1].map((chunk) => chunk * h);
            plan.add(
                this.#norm,
                [h, tokens, (6 * depth + 2) * h, gate < 0 ? 0 : 1, ...columns, n],
                [modulation, branch, x, normed],
                [Math.min(n, ACROSS), Math.ceil(n / ACROSS), 1],
            );
        };
        const linear = (
            /** @type {GPUBuffer} */ input,
            /** @type {number} */ layer,
            /** @type {GPUBuffer} */ output,
        ) => {
            const {weight, bias, inputs, outputs} = this.#layers[layer];
            plan.add(
                output === wide ? this.#productGelu : this.#product,
                [n, inputs, outputs],
                [input, weight, bias, output],
                [Math.ceil(outputs / TILE), Math.ceil(n / TILE), 1],
            );
        };
        for (let i = 0; i < depth; i++) {
            addAndNorm(6 * i - 1, 6 * i);
            linear(normed, 4 * i, qkv);
            const queries = Math.ceil(tokens / QUERIES);
            plan.add(this.#attention, [tokens, heads, band], [qkv, attended], [queries, heads, rows]);
            linear(attended, 4 * i + 1, branch);
            addAndNorm(6 * i + 2, 6 * i + 3);
            linear(normed, 4 * i + 2, wide);
            linear(wide, 4 * i + 3, branch);
        }
        addAndNorm(6 * depth - 1, 6 * depth);
        linear(normed, 4 * depth, out);
    }
}
