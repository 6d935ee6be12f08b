/**
 * A song folder as an archive, so that a dropped folder is opened like an `.osz`: stored, not compressed, since it
 * goes no further than to this computer.
 */

/** Files that no map needs to be placed or heard. */
const unneeded = /\.(avi|mp4|flv|mkv|webm|mov|wmv|m4v|osz|olz)$/i;

const crcTable = Uint32Array.from({length: 256}, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
    let value = ~0;
    for (const byte of bytes) value = crcTable[(value ^ byte) & 255] ^ (value >>> 8);
    return ~value >>> 0;
}

/**
 * @param {{path: string, file: File}[]} files
 * @returns {Promise<Blob>}
 */
export async function zipped(files) {
    const wanted = files.filter(({path}) => !unneeded.test(path)).slice(0, 2000);
    /** @type {BlobPart[]} */
    const parts = [];
    /** @type {BlobPart[]} */
    const directory = [];
    let offset = 0;
    let directorySize = 0;
    for (const {path, file} of wanted) {
        const bytes = new Uint8Array(await file.arrayBuffer());
        const name = new TextEncoder().encode(path);
        const common = header(crc32(bytes), bytes.length, name.length);
        const local = record([0x50, 0x4b, 3, 4], common);
        const entry = record([0x50, 0x4b, 1, 2, 20, 0], common, new Uint8Array(10), uint32(offset));
        parts.push(local, name, bytes);
        directory.push(entry, name);
        offset += local.length + name.length + bytes.length;
        directorySize += entry.length + name.length;
    }
    const count = [wanted.length & 255, wanted.length >> 8];
    const end = record(
        [0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count],
        uint32(directorySize),
        uint32(offset),
        [0, 0],
    );
    return new Blob([...parts, ...directory, end], {type: 'application/zip'});
}

/** What the two headers of a file share: version, names in UTF-8, stored, no date. @param {number} crc @param {number} size @param {number} name */
const header = (crc, size, name) =>
    record([20, 0, 0, 8, 0, 0, 0, 0, 33, 0], uint32(crc), uint32(size), uint32(size), [
        name & 255,
        name >> 8,
        0,
        0,
    ]);

/** @param {number} value */
const uint32 = (value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];

/** @param {...ArrayLike<number>} pieces */
function record(...pieces) {
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
        bytes.set(piece, at);
        at += piece.length;
    }
    return bytes;
}

/**
 * All files of a dropped folder.
 * @param {FileSystemDirectoryEntry} folder
 * @param {string} [above]
 * @returns {Promise<{path: string, file: File}[]>}
 */
export async function filesOf(folder, above = '') {
    const reader = folder.createReader();
    const files = [];
    for (;;) {
        // Browsers give a hundred entries at a time.
        const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (entries.length === 0) return files;
        for (const entry of entries) {
            const path = above + entry.name;
            if (entry.isDirectory) files.push(...(await filesOf(entry, `${path}/`)));
            else
                files.push({path, file: await new Promise((resolve, reject) => entry.file(resolve, reject))});
        }
    }
}
